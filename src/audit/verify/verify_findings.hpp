#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/audit/verify.hpp"

namespace canaryd::audit {

// Collects what a verification finds, bounded: a broken log has one fault a line.
class Findings {
 public:
  void fault(Fault fault);
  void note(std::string note);
  bool broken(Check check) const { return counts_[static_cast<std::size_t>(check)] > 0; }
  std::uint64_t faults() const;  // of all checks

  // Fills faults, notes and the findings' counts; what is broken is said to be so, the rest stays as it is.
  void tell(Verdict& verdict) const;

 private:
  std::array<std::vector<Fault>, 4> faults_;
  std::array<std::uint64_t, 4> counts_{};
  std::vector<std::string> notes_;
  std::uint64_t more_notes_ = 0;
};

}  // namespace canaryd::audit
