#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace canaryd::app {

// Notices that a configuration file has another content, by reading it at each look: a file rewritten in place, one
// that was replaced, and a ConfigMap's swap of the `..data` link look alike that way, and no file system lacks it.
// Meant to be asked about once a second (a file is at most 1 MiB). Not thread-safe.
class ConfigWatcher {
 public:
  // `current` is the content that is in force.
  ConfigWatcher(std::string path, std::string_view current);

  // The new content, once for each change: when two looks in a row find the same one. A file that is being written in
  // place is so not taken for a shorter configuration. nullopt while nothing changed, and while the file cannot be
  // read.
  std::optional<std::string> changed();

  // Makes `current` the content to compare with (after a reload that was asked for otherwise).
  void accept(std::string_view current);

  // Why the last look could not read the file; empty when it could.
  const std::string& error() const { return error_; }

 private:
  std::string path_;
  std::string known_;      // SHA-256 of the content that was last told
  std::string candidate_;  // SHA-256 of another content, seen once
  std::string error_;
};

}  // namespace canaryd::app
