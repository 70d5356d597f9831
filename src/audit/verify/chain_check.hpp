#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "audit/format/head.hpp"
#include "audit/format/lines.hpp"
#include "verify_findings.hpp"

namespace canaryd::audit {

// Holds each line against the one before it and finds which of the two was changed. When line n names another hash than
// that of line n-1, either of them may be the changed one; line n+1 tells, for it holds the hash of n. So such a fault
// is held back for one line.
class ChainCheck {
 public:
  explicit ChainCheck(Findings& findings) : findings_(findings) {}

  // Faults of this line or, held back, of the one before.
  void see(const std::string& file, const Line& line, const Head& head);
  void form_fault(const std::string& file, const Line& line, const Misfit& misfit);
  // The next line is the record `seq`: what stood between is not here, and so nothing holds its prev.
  void jump(std::uint64_t seq);
  void finish();

  std::uint64_t next() const { return expected_; }  // seq of the next line
  // The next line may have this seq: that of the last one, or its own, was changed.
  bool may_be_next(std::uint64_t seq) const { return seq == expected_ || (faulty_before_ && seq == after_fault_); }
  // A fault is held back.
  bool undecided() const { return suspicion_.has_value(); }
  const std::string& head() const { return prev_; }

 private:
  struct Suspicion {
    Fault older;  // if the line before was changed
    Fault newer;  // if this one was
  };
  void check_prev(const std::string& file, const Line& line, const Head& head);

  Findings& findings_;
  std::uint64_t expected_ = 0;
  std::uint64_t after_fault_ = 0;  // the same, if the last line's seq was what was changed
  std::string prev_ = std::string(64, '0');
  Fault before_;                // where the line before stands
  bool faulty_before_ = false;  // its fault is told: that its hash differs is only what follows
  bool first_ = true;           // nothing stands before the next line
  bool jumped_ = false;         // the line before the next one is not here
  std::optional<Suspicion> suspicion_;
};

}  // namespace canaryd::audit
