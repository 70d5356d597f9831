#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "audit/format/folder.hpp"
#include "canaryd/audit/files.hpp"
#include "canaryd/audit/tree.hpp"

namespace canaryd::audit {

// The leaf hashes of a log's folder in any order. Those of a closed segment come from its leaf file; those of the open
// one, whose leaf file may lag behind or have holes after a power loss, are computed from its records, as are those of
// a closed one whose leaf file is missing or short. Holds one piece of a leaf file, or the leaves of one segment. Not
// thread-safe.
class LeafStore {
 public:
  static Result<LeafStore> open(const std::string& directory, Files& files);

  // not_found when the folder does not tell it; io.
  Result<Hash> at(std::uint64_t seq);
  LeafAt leaf_at() {
    return [this](std::uint64_t seq) { return at(seq); };
  }

 private:
  LeafStore(std::string directory, Files& files, std::vector<SegmentFiles> segments)
      : directory_(std::move(directory)), files_(&files), segments_(std::move(segments)) {}
  Status load(std::size_t segment);
  Status compute(const SegmentFiles& segment);
  std::uint64_t end_of(std::size_t segment) const;  // the seq behind its last record; the largest number when open
  Result<Hash> from_file(std::uint64_t index);

  std::string directory_;
  Files* files_;
  std::vector<SegmentFiles> segments_;
  std::size_t loaded_ = static_cast<std::size_t>(-1);
  std::unique_ptr<Reader> leaf_file_;  // null: computed_ holds them
  std::uint64_t piece_at_ = 0;         // offset of the piece in the file
  std::string piece_;
  std::deque<Hash> computed_;
};

}  // namespace canaryd::audit
