#include "api_audit_query.hpp"

#include <algorithm>
#include <string_view>

#include "canaryd/audit/query_filter.hpp"
#include "canaryd/base/number.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::web {

namespace {

using Problem = tl::unexpected<Refusal>;
using Parameters = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t max_shown = 64;

Problem malformed(const std::string& text) { return Problem(Refusal{400, "malformed", text, {}}); }

Problem unexpected(const std::string& name, const std::string& wanted, std::string_view got) {
  return malformed("query parameter " + name + ": expected " + wanted + ", got \"" + escaped(got, max_shown) + "\"");
}

std::optional<char> hex_byte(std::string_view digits) {
  const auto value = number_from<unsigned>(digits, 16);
  if (digits.size() != 2 || !value) return std::nullopt;
  return static_cast<char>(*value);
}

// RFC 3986: a + has no second meaning.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = hex_byte(text.substr(i + 1, 2));
    if (!byte) return std::nullopt;
    out += *byte;
    i += 2;
  }
  return out;
}

tl::expected<Parameters, Refusal> split(std::string_view query) {
  const auto known = audit_parameters();
  Parameters parameters;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto pair = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    const auto equals = pair.find('=');
    std::string name(pair.substr(0, equals));
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      std::string names;
      for (const auto& each : known) names += (names.empty() ? "" : ", ") + each;
      return malformed("unknown query parameter \"" + escaped(name, max_shown) + "\", expected some of " + names);
    }
    const auto is_same = [&](const auto& each) { return each.first == name; };
    if (std::any_of(parameters.begin(), parameters.end(), is_same)) {
      return malformed("query parameter " + name + ": expected once, with commas between several values");
    }
    const auto raw = equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1);
    auto value = percent_decoded(raw);
    if (!value) return unexpected(name, "two hexadecimal digits behind each %", raw);
    parameters.emplace_back(std::move(name), std::move(*value));
  }
  return parameters;
}

tl::expected<std::size_t, Refusal> read_limit(const std::string& value) {
  const auto limit = number_from<std::size_t>(value);
  if (!limit || *limit < 1 || *limit > audit::largest_page) {
    return unexpected("limit", "a number from 1 to " + std::to_string(audit::largest_page), value);
  }
  return *limit;
}

// A namespace by its name that is not the client's is a mistake, or more than that; a pattern finds what is its own.
std::optional<Refusal> refuse_foreign(const std::string& values, const std::vector<std::string>& own) {
  std::string_view rest = values;
  while (!own.empty() && !rest.empty()) {
    const auto comma = rest.find(',');
    const auto value = rest.substr(0, comma);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    const std::string ns(value.substr(0, value.find('/')));
    if (ns.find('*') != std::string::npos || std::find(own.begin(), own.end(), ns) != own.end()) continue;
    return Refusal{
        403, "forbidden", "expected a namespace that this client is bound to, got " + escaped(ns, max_shown), {}};
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> audit_parameters() {
  std::vector<std::string> names{"since", "until"};
  for (const auto& key : audit::filter_keys()) names.emplace_back(key.name);
  for (const char* name : {"reverse", "limit", "cursor"}) names.emplace_back(name);
  return names;
}

tl::expected<audit::PageRequest, Refusal> read_audit_query(const std::optional<std::string>& query,
                                                           const std::vector<Namespace>& namespaces) {
  auto parameters = split(query ? std::string_view(*query) : std::string_view());
  if (!parameters) return Problem(parameters.error());
  audit::PageRequest request;
  for (const auto& each : namespaces) request.namespaces.push_back(each.str());
  for (auto& [name, value] : *parameters) {
    if (name == "limit") {
      const auto limit = read_limit(value);
      if (!limit) return Problem(limit.error());
      request.limit = *limit;
    } else if (name == "reverse") {
      if (value != "true" && value != "false") return unexpected(name, "true or false", value);
      request.newest_first = value == "true";
    } else if (name == "cursor") {
      request.cursor = std::move(value);
    } else {
      if (name == "namespace" || name == "target") {
        if (auto refusal = refuse_foreign(value, request.namespaces)) return Problem(std::move(*refusal));
      }
      request.conditions.emplace_back(std::move(name), std::move(value));
    }
  }
  return request;
}

}  // namespace canaryd::web
