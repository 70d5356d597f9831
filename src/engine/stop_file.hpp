#pragma once

#include <string>

namespace canaryd::engine {

// Since when the stop file stands, by its own modification time (Unix seconds): so it is right after a restart, too. 0
// when it is not there, or cannot be looked at.
double stop_file_since(const std::string& path);

}  // namespace canaryd::engine
