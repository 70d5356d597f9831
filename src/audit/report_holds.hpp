#pragma once

#include <list>
#include <map>
#include <string>

#include "report_part.hpp"

namespace canaryd::audit {

// Holds and stops by persons, and alerts that are mapped to hold: from when to when, in the period or reaching into it.
class HoldPart {
 public:
  void see(const Seen& seen);
  // `end` is that of the period, or when the report is made.
  void finish(Report& report, WallTime end, std::optional<WallTime> since);

 private:
  void begin(std::string key, ReportHold hold);
  void end(const std::string& key, WallTime time, const std::string& by);
  void see_alert(const Seen& seen);

  std::map<std::string, std::list<ReportHold>::iterator> open_;  // by what ends it
  std::map<std::string, std::string> keys_;                      // in open_, by the id of the hold
  std::list<ReportHold> all_;
  std::uint64_t omitted_ = 0;
};

}  // namespace canaryd::audit
