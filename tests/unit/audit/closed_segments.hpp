#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "audit/format/line.hpp"
#include "canaryd/audit/tree.hpp"
#include "lab.hpp"

namespace canaryd::audit::test {

// Writes the files of a log with closed segments, as the log itself leaves them, without the log.
class ClosedSegments {
 public:
  explicit ClosedSegments(MemoryFiles& files) : files_(files) {}

  // A segment with so many records of that time behind its first one; returns its first seq. The one before it counts
  // as closed. `waits_in`: the first seq of a segment that something waits in.
  std::uint64_t add(WallTime time, int records, std::optional<std::uint64_t> waits_in = std::nullopt,
                    const std::vector<Record>& more = {});
  // The plain bytes of a segment, whether it was compressed since or not.
  const std::string& plain(std::uint64_t first_seq) const { return plain_.at(first_seq); }
  Progress progress() const { return {tree_.head(), 0, first_seqs_.back()}; }

 private:
  MemoryFiles& files_;
  Chain chain_;
  Tree tree_;
  std::vector<std::uint64_t> first_seqs_;
  std::map<std::uint64_t, std::string> plain_;
};

}  // namespace canaryd::audit::test
