#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace canaryd::audit::test {

std::string text_of(const std::filesystem::path& path);
// A file of the sources that this build tree was made from, such as "docs/audit-format.md".
std::string source_text(const std::string& path);
// The names between backticks in the first column of the table behind a heading, in order.
std::vector<std::string> table_names(const std::string& text, const std::string& heading);

}  // namespace canaryd::audit::test
