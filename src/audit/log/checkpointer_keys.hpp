#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/audit/files.hpp"
#include "canaryd/base/log.hpp"

namespace canaryd::audit {

// The signing keys of some files, each read again when its content changes. A file whose new content is no key, or that
// is gone, keeps the key it had: that is said once, and counts as refused. Not thread-safe.
class SigningKeys {
 public:
  SigningKeys(Files& files, Logger& logger) : files_(files), logger_(logger) {}

  // A file that was there before keeps its key.
  void set_files(const std::vector<std::string>& paths);
  // Looks at every file. True when the keys in force are others than at the last look.
  bool refresh();

  const std::vector<SigningKey>& all() const { return keys_; }  // in the order of their files, each once
  std::vector<PublicKey> public_keys() const;
  std::size_t refused() const;  // files whose content now is no key

 private:
  struct Slot {
    std::string path;
    std::string seen;     // SHA-256 of the content that was last looked at
    std::string refusal;  // why that is no key; empty when it is one
    std::optional<SigningKey> key;
  };
  void look_at(Slot& slot);
  void refuse(Slot& slot, const std::string& why);
  std::vector<SigningKey> keys_in_force() const;

  Files& files_;
  Logger& logger_;
  std::vector<Slot> slots_;
  std::vector<SigningKey> keys_;
  bool rebuild_ = false;
};

}  // namespace canaryd::audit
