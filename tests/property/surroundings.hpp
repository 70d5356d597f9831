#pragma once

#include <optional>
#include <string>
#include <vector>

#include "canaryd/alert/notification.hpp"
#include "canaryd/base/clock.hpp"
#include "model_prometheus.hpp"
#include "subject.hpp"

namespace canaryd::property {

// What a replica is dealing with at this moment.
struct Handling {
  std::size_t replica = 0;
  std::vector<alert::Alert> alerts;
  std::optional<Ask> ask;
};

// What the story has done to the world around canaryd, as the oracle needs it.
struct Surroundings {
  struct Replica {
    std::string manager;
    SteadyTime started;
    bool sees = true;  // the watch brings each change at once
  };
  std::vector<Replica> replicas;
  bool stop_file = false;
  bool audit_fails = false;
  bool watch_lags = false;
  std::optional<std::size_t> dying;  // a replica that dies in the midst of the next request
  std::optional<SteadyTime> state_fails_since;
  std::optional<Handling> handling;
  bool raced = false;  // another wrote in the midst of this request
};

struct Violation {
  std::string rule;  // short and stable: a shrunken story must break the same one
  std::string text;
};

}  // namespace canaryd::property
