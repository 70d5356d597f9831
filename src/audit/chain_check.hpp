#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "canaryd/audit/verify.hpp"
#include "head.hpp"
#include "lines.hpp"

namespace canaryd::audit {

// Holds each line against the one before it and finds which of the two was changed. When line n names another hash than
// that of line n-1, either of them may be the changed one; line n+1 tells, for it holds the hash of n. So such a fault
// is held back for one line.
class ChainCheck {
 public:
  // Faults of this line or, held back, of the one before.
  void see(const std::string& file, const Line& line, const Head& head, Verdict& verdict);
  void form_fault(const std::string& file, const Line& line, const Misfit& misfit, Verdict& verdict);
  void finish(Verdict& verdict);
  const std::string& head() const { return prev_; }

 private:
  struct Suspicion {
    Fault older;  // if the line before was changed
    Fault newer;  // if this one was
  };
  void check_prev(const std::string& file, const Line& line, const Head& head, Verdict& verdict);
  static void add(Verdict& verdict, Fault fault);

  std::uint64_t expected_ = 0;     // seq of the next line
  std::uint64_t after_fault_ = 0;  // the same, if the last line's seq was what was changed
  std::string prev_ = std::string(64, '0');
  Fault before_;                // where the line before stands
  bool faulty_before_ = false;  // its fault is told: that its hash differs is only what follows
  std::optional<Suspicion> suspicion_;
};

}  // namespace canaryd::audit
