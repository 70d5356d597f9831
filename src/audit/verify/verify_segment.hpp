#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/format/folder.hpp"
#include "audit/format/lines.hpp"
#include "audit/format/sha256.hpp"
#include "verify_findings.hpp"
#include "verify_leaves.hpp"
#include "verify_records.hpp"
#include "verify_roots.hpp"
#include "verify_rotation.hpp"

namespace canaryd::audit {

// The records of one segment, to be read to their end.
struct SegmentSource {
  const SegmentFiles& files;
  Reader& records;
  StoredLeaves& leaves;
  std::optional<std::uint64_t> next;  // first seq of the segment behind it; nullopt: it is the newest, open or not
  const bool& unreadable;             // a read of the file itself failed: it says nothing about the log
};

// Reads one segment line by line: each line's form and chain, its leaf hash beside the one that is kept, and the tree.
// For one segment only; not thread-safe.
class SegmentCheck {
 public:
  SegmentCheck(Findings& findings, RecordCheck& records, RootCheck& roots, RotationCheck& rotation,
               const SegmentSource& source);

  Status read();  // Errors: io
  std::uint64_t lines() const { return facts_.records; }
  std::uint64_t bytes() const { return facts_.bytes; }

 private:
  Status lines_of(Lines& lines);
  Status take(const Line& line);
  Status compare_leaf(std::uint64_t seq, const Hash& leaf, const Line& line);
  Status grow(std::uint64_t seq, const Hash& leaf);
  Status fill_to(std::uint64_t seq);
  void last_line(const Lines& lines);
  Status close();
  void check_leaves_length();
  void check_open_leaves(std::uint64_t records);
  bool newest() const { return !source_.next; }
  const std::string& name() const { return source_.files.records; }
  std::uint64_t first() const { return source_.files.first_seq; }

  Findings& findings_;
  RecordCheck& records_;
  RootCheck& roots_;
  RotationCheck& rotation_;
  const SegmentSource& source_;
  SegmentFacts facts_;
  Sha256 sha256_;
  bool cut_ = false;                 // its bytes cannot be read to their end
  std::uint64_t malformed_ = 0;      // lines
  std::optional<Fault> leaf_fault_;  // the first
  std::uint64_t leaf_faults_ = 0;
  std::uint64_t holes_ = 0;
};

}  // namespace canaryd::audit
