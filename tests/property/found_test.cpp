#include <doctest/doctest.h>

#include "engine_subject.hpp"
#include "run.hpp"

// Stories that broke a rule once, shrunken.

using namespace canaryd::property;

namespace {

void plays_well(const std::vector<Step>& steps, const Setup& setup = {}) {
  const Run run = play({0, setup, steps}, make_engine_subject);
  std::string told;
  for (const auto& line : run.told) told += "\n" + line;
  CHECK_MESSAGE(!run.violation, (run.violation ? run.violation->rule + told : told));
}

}  // namespace

TEST_CASE("a clock that was ahead and is put right holds no canary back") {
  plays_well({{Act::model_applied, 0, 17, 7}, {Act::clock_jumps, 5, 0, 0}, {Act::dwell_and_healthy, 0, 1, 0}});
}

TEST_CASE("a quarantine that could not be written for long outlives a restart") {
  plays_well({{Act::model_applied, 0, 17, 7},
              {Act::time_passes, 2, 0, 0},
              {Act::state_fails, 0, 0, 0},
              {Act::bad, 0, 0, 0},
              {Act::time_passes, 2, 0, 0},
              {Act::restarted, 0, 0, 0},
              {Act::state_heals, 0, 0, 0},
              {Act::percent_by_hand, 0, 0, 0},
              {Act::dwell_and_healthy, 0, 0, 0}});
}

TEST_CASE("a quarantine outlives a crash right after the rollback") {
  plays_well({{Act::model_applied, 0, 17, 7},
              {Act::time_passes, 2, 0, 0},
              {Act::restarted, 0, 1, 5},
              {Act::bad, 0, 0, 0},
              {Act::percent_by_hand, 0, 0, 0},
              {Act::dwell_and_healthy, 0, 1, 0}});
}

TEST_CASE("a rollback is done though its leaf hash could not be written when the intent was on disk") {
  plays_well({{Act::api_fails, 0, 0, 0},
              {Act::clock_is_corrected, 0, 0, 0},
              {Act::odd_healthy, 0, 0, 0},
              {Act::model_applied, 0, 355, 641},
              {Act::bad, 0, 0, 0},
              {Act::restarted, 0, 171, 954},
              {Act::dwell_and_healthy, 0, 0, 0}});
}

TEST_CASE("a new model that came while the API server was away does not keep the share of another") {
  plays_well({{Act::model_applied, 0, 322, 414},
              {Act::dwell_and_healthy, 0, 97, 0},
              {Act::api_fails, 0, 0, 0},
              {Act::model_applied, 0, 0, 733}});
}
