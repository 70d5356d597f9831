#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/tree.hpp"

namespace canaryd::audit {

// The leaf hashes of one segment as they stand in its file, read a chunk at a time. Not thread-safe.
class StoredLeaves {
 public:
  StoredLeaves() = default;  // of a segment without such a file
  // Errors: io.
  static Result<StoredLeaves> open(Files& files, const std::string& path);

  bool present() const { return file_ != nullptr; }
  std::uint64_t bytes() const { return bytes_; }  // when it was opened
  std::uint64_t count() const;                    // whole hashes
  // The hash of the nth record of the segment, from 0; nullopt behind the last whole one. Errors: io.
  Result<std::optional<Hash>> at(std::uint64_t nth);

 private:
  std::unique_ptr<Reader> file_;
  std::uint64_t bytes_ = 0;
  std::uint64_t chunk_at_ = 0;  // offset of chunk_ in the file
  std::string chunk_;
};

}  // namespace canaryd::audit
