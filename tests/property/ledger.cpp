#include "ledger.hpp"

#include <algorithm>

namespace canaryd::property {

void Ledger::said(const std::string& manager, const Said& record) {
  auto& told = told_[manager];
  told.insert(told.end(), record.fingerprints.begin(), record.fingerprints.end());
  if (record.kind == "intent") patches_[record.id] = {manager, record.patch, "", false, false};
  if (record.kind == "outcome") patches_[record.id].result = record.result;
}

void Ledger::wrote(const Write& write) {
  std::vector<Patch*> open;
  for (auto& [id, patch] : patches_) {
    const bool same = patch.manager == write.manager && patch.text == write.patch;
    if (same && patch.result.empty()) open.push_back(&patch);
  }
  for (auto* patch : open) (open.size() == 1 ? patch->was_applied : patch->may_be_applied) = true;
}

std::vector<std::string> Ledger::lies() const {
  std::vector<std::string> out;
  for (const auto& [id, patch] : patches_) {
    const bool says_applied = patch.result == "applied";
    const bool says_not = patch.result == "not_applied" || patch.result == "not_sent";
    if (says_applied && !patch.was_applied && !patch.may_be_applied)
      out.push_back("applied, and it was not: " + patch.text);
    if (says_not && patch.was_applied) out.push_back(patch.result + ", and it was applied: " + patch.text);
  }
  return out;
}

bool Ledger::tells_of(const std::string& manager, const std::string& fingerprint) const {
  const auto told = told_.find(manager);
  return told != told_.end() && std::find(told->second.begin(), told->second.end(), fingerprint) != told->second.end();
}

}  // namespace canaryd::property
