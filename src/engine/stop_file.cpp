#include "stop_file.hpp"

#include <sys/stat.h>

namespace canaryd::engine {

// Of a symbolic link the link's own time: a key of a mounted ConfigMap is one, made when the key appears.
double stop_file_since(const std::string& path) {
  struct stat info{};
  if (path.empty() || ::lstat(path.c_str(), &info) != 0) return 0;
  return static_cast<double>(info.st_mtim.tv_sec) + static_cast<double>(info.st_mtim.tv_nsec) * 1e-9;
}

}  // namespace canaryd::engine
