#include "verify_findings.hpp"

namespace canaryd::audit {

namespace {
constexpr std::size_t fault_limit = 20;  // of each check
constexpr std::size_t note_limit = 100;
}  // namespace

const char* name_of(Check check) {
  switch (check) {
    case Check::integrity:
      return "integrity";
    case Check::completeness:
      return "completeness";
    case Check::signatures:
      return "signatures";
    case Check::anchoring:
      return "anchoring";
  }
  return "";
}

const char* name_of(State state) {
  switch (state) {
    case State::good:
      return "good";
    case State::broken:
      return "broken";
    case State::not_checked:
      return "not checked";
  }
  return "";
}

void Findings::fault(Fault fault) {
  const auto of = static_cast<std::size_t>(fault.check);
  ++counts_[of];
  if (faults_[of].size() < fault_limit) faults_[of].push_back(std::move(fault));
}

void Findings::note(std::string note) {
  if (notes_.size() < note_limit) {
    notes_.push_back(std::move(note));
  } else {
    ++more_notes_;
  }
}

std::uint64_t Findings::faults() const {
  std::uint64_t all = 0;
  for (const auto count : counts_) all += count;
  return all;
}

void Findings::tell(Verdict& verdict) const {
  const std::array findings{&verdict.integrity, &verdict.completeness, &verdict.signatures, &verdict.anchoring};
  for (std::size_t i = 0; i < findings.size(); ++i) {
    findings[i]->faults = counts_[i];
    if (counts_[i] > 0) *findings[i] = {State::broken, {}, counts_[i]};
    verdict.faults.insert(verdict.faults.end(), faults_[i].begin(), faults_[i].end());
  }
  verdict.notes = notes_;
  if (more_notes_ > 0) verdict.notes.push_back("and " + std::to_string(more_notes_) + " more notes");
  verdict.intact = faults() == 0;
}

}  // namespace canaryd::audit
