#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model_cluster.hpp"
#include "subject.hpp"

namespace canaryd::property {

// Holds what the audit log says about patches against what the cluster did with them.
class Ledger {
 public:
  void said(const std::string& manager, const Said& record);
  void wrote(const Write& write);

  // Outcomes that say other than what was; empty: none.
  std::vector<std::string> lies() const;
  // Whether a record about this episode of an alert was written since `manager` was started last.
  bool tells_of(const std::string& manager, const std::string& fingerprint) const;
  void restarted(const std::string& manager) { told_[manager].clear(); }

 private:
  struct Patch {
    std::string manager;
    std::string text;
    std::string result;  // empty: no outcome yet
    bool was_applied = false;
    bool may_be_applied = false;  // one of several with the same text was
  };
  std::map<std::string, Patch> patches_;                  // by id
  std::map<std::string, std::vector<std::string>> told_;  // by manager: fingerprints
};

}  // namespace canaryd::property
