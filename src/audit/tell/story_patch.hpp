#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace canaryd::audit {

// A JSON Patch in lines of English: what it demands, and what it sets. What is no patch is one line as it stands.
std::vector<std::string> patch_words(std::string_view patch);

}  // namespace canaryd::audit
