#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace canaryd::app {

// The word of `known` that `given` was probably meant to be (few edits away), empty when none is near. Pure.
std::string nearest(std::string_view given, const std::vector<std::string>& known);

// "a, b or c".
std::string one_of(const std::vector<std::string>& words);

}  // namespace canaryd::app
