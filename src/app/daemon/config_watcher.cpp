#include "canaryd/app/config_watcher.hpp"

#include <utility>

#include "app/config/yaml_tree.hpp"
#include "canaryd/base/digest.hpp"
#include "canaryd/base/file.hpp"

namespace canaryd::app {

ConfigWatcher::ConfigWatcher(std::string path, std::string_view current)
    : path_(std::move(path)), known_(sha256_hex(current)) {}

void ConfigWatcher::accept(std::string_view current) {
  known_ = sha256_hex(current);
  candidate_.clear();
}

std::optional<std::string> ConfigWatcher::changed() {
  // More than is read as YAML: what is somewhat too long is told as a change, and refused with its reason.
  auto content = read_file(path_, 2 * max_yaml_size);
  if (!content) {
    error_ = content.error().message;
    candidate_.clear();
    return std::nullopt;
  }
  error_.clear();
  std::string hash = sha256_hex(*content);
  if (hash == known_) {
    candidate_.clear();
    return std::nullopt;
  }
  if (hash != candidate_) {
    candidate_ = std::move(hash);
    return std::nullopt;
  }
  known_ = std::move(hash);
  candidate_.clear();
  return std::move(*content);
}

}  // namespace canaryd::app
