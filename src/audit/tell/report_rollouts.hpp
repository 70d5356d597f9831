#pragma once

#include <deque>
#include <map>
#include <string>
#include <tuple>

#include "report_part.hpp"

namespace canaryd::audit {

// The courses of rollouts. Follows one canary for each component of each service; with another revision, or with its
// promotion, a course has ended.
class RolloutPart {
 public:
  void see(const Seen& seen);
  void finish(Report& report);

 private:
  using Place = std::tuple<std::string, std::string>;  // service, component
  struct Course {
    ReportRollout rollout;
    bool in_period = false;
  };

  void see_write(const Seen& seen);
  void see_confirmation(const Seen& seen);
  void see_observation(const Seen& seen);
  void see_wait(const Seen& seen);
  Course& course(const Seen& seen, const std::string& component, const std::string& revision);
  void add_step(Course& course, const Seen& seen, ReportStep step);
  void close(Course&& course);

  std::map<Place, Course> open_;
  Bounded<ReportRollout> closed_;
  std::size_t steps_ = 0;    // that are kept
  std::uint64_t ended_ = 0;  // in the period, those that are not listed too
};

}  // namespace canaryd::audit
