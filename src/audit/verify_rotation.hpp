#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "canaryd/audit/record.hpp"
#include "canaryd/audit/tree.hpp"
#include "lines.hpp"
#include "removed.hpp"
#include "verify_findings.hpp"

namespace canaryd::audit {

// What was measured of a segment whose records are here.
struct SegmentFacts {
  std::uint64_t first_seq = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  // plain
  std::string sha256;       // of them
  std::string from;         // the smallest and the largest time of a record
  std::string to;
  bool doubtful = false;  // a fault in it is told already: that its figures differ is only what follows
};

// A record of the log, and where it stands.
struct LoggedAt {
  const std::string& file;
  const Line& line;
  const Record& record;
};

// Holds what the log says of its own segments, in `rotated` and `removed` records, against the segments. Not
// thread-safe.
class RotationCheck {
 public:
  explicit RotationCheck(Findings& findings) : findings_(findings) {}

  // The segment that was read last, or whose records are not here; it comes before the next `rotated` record.
  void read(SegmentFacts facts);
  void absent(std::uint64_t first_seq, std::uint64_t records, const std::string& leaves_file);
  // What came before the next segment is nowhere.
  void gap();

  // `tree`: of all records before this one; nullopt when it cannot be computed, or is doubtful anyway.
  void rotated(const LoggedAt& logged, const std::optional<TreeHead>& tree);
  void removed(const LoggedAt& logged);
  // Tells the segments whose records are missing though no record says so.
  void finish();

  std::uint64_t absent_segments() const { return absent_.size(); }

 private:
  struct Absent {
    std::uint64_t records = 0;
    std::string leaves_file;
    std::string bytes;  // as the `rotated` record behind it says; empty: it is not here
    std::string sha256;
    std::string from;
    std::string to;
  };
  void expect(const LoggedAt& logged, const char* detail, const std::string& expected);
  void rotated_after_absent(const LoggedAt& logged, Absent& before);

  Findings& findings_;
  std::optional<SegmentFacts> before_;          // unless it is absent
  std::optional<std::uint64_t> absent_before_;  // its first seq
  std::map<std::uint64_t, Absent> absent_;      // by first seq
  Runs named_;                                  // what `removed` records name
};

// A detail of a record; empty when it has none of that name.
std::string detail_of(const Record& record, const char* name);

}  // namespace canaryd::audit
