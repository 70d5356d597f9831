#pragma once

#include <span>
#include <string>

#include "canaryd/rules/embedded.hpp"

namespace canaryd::app {

// Several shipped rule files as one valid rule file: one `groups:`, below it the groups of each file after a comment
// with its name. Relies on the form of the shipped files, which a test holds: comments, one line `groups:`, and its
// list.
std::string joined(std::span<const rules::File> files);

}  // namespace canaryd::app
