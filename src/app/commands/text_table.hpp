#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace canaryd::app {

// Prints rows of one length, aligned; the first is the heading. An empty cell is shown as "-", so that a program can
// take the columns apart by their spaces.
void print_table(const std::vector<std::vector<std::string>>& rows, std::ostream& out);

}  // namespace canaryd::app
