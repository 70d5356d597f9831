#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "removed.hpp"
#include "report_part.hpp"

namespace canaryd::audit {

// Where the record does not tell: canaryd did not run, bytes or records are gone, the clock went back.
class GapPart {
 public:
  void see(const Seen& seen, std::uint64_t seq);
  void finish(Report& report, const std::vector<std::string>& unreadable);

 private:
  void see_missing(const Seen& seen, std::uint64_t seq);
  void see_removed(const Seen& seen);
  void see_space(const Seen& seen);
  void see_lifecycle(const Seen& seen);
  void see_start(const Seen& seen);
  void add(const Seen& seen, ReportGap gap);

  bool in_period_ = false;               // the newest record
  std::uint64_t next_ = 0;               // seq that is expected
  std::optional<WallTime> before_;       // time of the record before
  std::optional<WallTime> last_of_run_;  // of the newest record that a running canaryd wrote
  std::optional<WallTime> stopped_;      // the run's stop
  struct Missing {
    std::size_t place = 0;  // in gaps_
    std::uint64_t first = 0;
    std::uint64_t last = 0;
  };
  std::vector<Missing> missing_;
  Runs removed_;                     // by the rules
  std::optional<WallTime> no_room_;  // since when nothing is begun
  Bounded<ReportGap> gaps_;
  std::chrono::microseconds not_running_{0};
};

}  // namespace canaryd::audit
