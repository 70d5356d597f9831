#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace canaryd::doctor {

// "a, b, and 3 more", each escaped.
std::string listed(const std::vector<std::string>& names, std::size_t most = 8);
std::string listed(const std::set<std::string>& names, std::size_t most = 8);

// What somebody else said, on one line that is safe for a terminal, without what looks like a secret; quotes
// stay as they are.
std::string said(std::string_view text, std::size_t most = 300);

// "1 file", "2 files".
std::string counted(std::size_t count, const std::string& what);

// "7.5s", "2m".
std::string spoken(std::chrono::milliseconds duration);

}  // namespace canaryd::doctor
