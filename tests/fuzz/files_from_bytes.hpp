#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace canaryd::audit::fuzz {

// The files of a folder, name and content, as one text for the fuzzer: each begins with a mark, a letter for its kind
// and a number. Marks, not lengths: an inserted byte changes one file and leaves the others what they are.
using FileList = std::vector<std::pair<std::string, std::string>>;
std::string packed(const FileList& files);
// Takes any bytes. Of files with one name the last counts.
FileList unpacked(std::string_view bytes);

}  // namespace canaryd::audit::fuzz
