#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

// The largest segment that is read: beyond what `audit.rotate_size` may be, with one batch on top.
inline constexpr std::uint64_t segment_limit = 2ULL << 30U;

// One segment of a log as it stands in a folder: its records plain or compressed (when both are there, as a crash in
// between leaves them, the plain ones count), its leaf hashes, or the leaf hashes alone when its records were removed.
struct SegmentFiles {
  std::uint64_t first_seq = 0;
  std::string records;  // name of the file; empty when there are no records any more
  bool compressed = false;
  std::string leaves;  // name of the file; empty when there is none
};

// In the order of their seq. Names that are not a log's are left aside. Errors: `io`, `not_found` (no such folder, or
// no segment in it).
Result<std::vector<SegmentFiles>> list_segments(const std::string& directory, Files& files);

// The records' bytes, to be read from the start to the end. Errors: `io`.
Result<std::unique_ptr<Reader>> open_records(const std::string& directory, const SegmentFiles& segment, Files& files);

}  // namespace canaryd::audit
