#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

namespace canaryd::web {

// The parameters of a query, each of those named, each once and a DNS label: nothing in it is decoded. The error says
// what was expected, without the client's text.
using QueryLabels = std::map<std::string, std::string, std::less<>>;
tl::expected<QueryLabels, std::string> parse_query(const std::optional<std::string>& query,
                                                   const std::vector<std::string_view>& names);

}  // namespace canaryd::web
