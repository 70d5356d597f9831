#pragma once

#include <set>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "verify_findings.hpp"
#include "verify_rotation.hpp"

namespace canaryd::audit {

// What recoveries left in the folder beside the log: cut ends (torn-*.bin) and former logs (lost-*). Not thread-safe.
class RecoveryCheck {
 public:
  // `names`: what the folder holds.
  RecoveryCheck(Findings& findings, Files& files, std::string directory, const std::vector<std::string>& names);

  // A `recovered` record. A torn file that is here must be what the record says; one that is not here was not copied
  // along. Errors: io.
  Status recovered(const LoggedAt& logged);
  // The first record of a log that goes on for one that was lost.
  void created(const LoggedAt& logged);
  void finish();

 private:
  Status torn(const LoggedAt& logged, const std::string& file, std::string& note);

  Findings& findings_;
  Files& files_;
  std::string directory_;
  std::set<std::string> torn_;  // those that no record named yet
  std::set<std::string> lost_;
};

}  // namespace canaryd::audit
