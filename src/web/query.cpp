#include "query.hpp"

#include <algorithm>

#include "canaryd/base/strong.hpp"

namespace canaryd::web {

namespace {

using Problem = tl::unexpected<std::string>;

std::string unknown_parameter(const std::vector<std::string_view>& names) {
  std::string text = "expected no query parameter";
  for (std::size_t i = 0; i < names.size(); ++i) text.append(i == 0 ? " but " : " and ").append(names[i]);
  return text;
}

}  // namespace

tl::expected<QueryLabels, std::string> parse_query(const std::optional<std::string>& query,
                                                   const std::vector<std::string_view>& names) {
  QueryLabels labels;
  std::string_view rest = query ? std::string_view(*query) : std::string_view();
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const std::size_t equals = pair.find('=');
    const std::string key(pair.substr(0, equals));
    std::string value(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    if (std::find(names.begin(), names.end(), key) == names.end()) return Problem(unknown_parameter(names));
    if (!is_dns_label(value)) return Problem("query parameter " + key + ": expected a DNS label");
    if (!labels.emplace(key, std::move(value)).second) return Problem("query parameter " + key + ": expected once");
  }
  return labels;
}

}  // namespace canaryd::web
