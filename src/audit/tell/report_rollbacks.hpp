#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <vector>

#include "report_part.hpp"

namespace canaryd::audit {

// When something was first seen under a name. Bounded: the oldest one is forgotten first.
class FirstSeen {
 public:
  // The first time for this name, which may be now.
  WallTime note(const std::string& name, WallTime time);

 private:
  std::list<std::string> oldest_first_;
  std::unordered_map<std::string, WallTime> first_;
};

// Rollbacks whose patch was sent, with the times they took; and writes that were not confirmed.
class RollbackPart {
 public:
  void see(const Seen& seen);
  void finish(Report& report);

 private:
  void see_outcome(const Seen& seen);
  void see_confirmation(const Seen& seen);
  void count(const Seen& seen);

  FirstSeen notified_;
  std::unordered_map<std::string, ReportRollback> intents_;  // by id, those without an outcome
  Bounded<ReportRollback> rollbacks_;
  std::unordered_map<std::string, std::size_t>
      waiting_;  // id to place: applied and neither confirmed nor listed as not
  std::vector<std::chrono::microseconds> to_act_;
  ReportSums sums_;
};

}  // namespace canaryd::audit
