#include "story.hpp"

#include <array>
#include <random>

namespace canaryd::property {

namespace {

// How often each act comes, in the order of Act. Disturbances that last are rarer than what moves a rollout.
constexpr std::array<int, act_count> weights{
    60, 110, 30, 30,            // time, dwell and healthy, healthy, odd healthy
    30, 20,  8,  12,            // bad, odd bad, both, replayed
    8,  6,                      // clock
    20, 6,   24, 5,  16, 3, 3,  // percent, removed, model, annotated, readiness, deleted, made anew
    9,  14,  5,  8,  6,         // API, state
    8,  12,  4,  8,             // Prometheus, audit
    10, 5,   4,  12,            // restart, watch
    5,  8,   10,                // controllers, race
    16, 5,   7,  4,             // by hand, held, released, stop file
};

constexpr std::array<const char*, act_count> act_names{"time_passes",
                                                       "dwell_and_healthy",
                                                       "healthy",
                                                       "odd_healthy",
                                                       "bad",
                                                       "odd_bad",
                                                       "both",
                                                       "replayed",
                                                       "clock_jumps",
                                                       "clock_is_corrected",
                                                       "percent_by_hand",
                                                       "percent_removed",
                                                       "model_applied",
                                                       "annotated",
                                                       "readiness_changes",
                                                       "revision_deleted",
                                                       "service_made_anew",
                                                       "api_fails",
                                                       "api_heals",
                                                       "state_fails",
                                                       "state_heals",
                                                       "state_edited",
                                                       "prometheus_changes",
                                                       "prometheus_heals",
                                                       "audit_fails",
                                                       "audit_heals",
                                                       "restarted",
                                                       "watch_lags",
                                                       "watch_is_lost",
                                                       "watch_catches_up",
                                                       "controllers_lag",
                                                       "controllers_catch_up",
                                                       "race",
                                                       "by_hand",
                                                       "held",
                                                       "released",
                                                       "stop_file"};

// Its own, so that a seed means the same on every machine: the standard's distributions do not promise that.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  unsigned below(unsigned bound) { return static_cast<unsigned>(engine_() % bound); }
  bool one_in(unsigned bound) { return below(bound) == 0; }

 private:
  std::mt19937_64 engine_;
};

Setup make_setup(Dice& dice) {
  Setup setup;
  setup.services = dice.one_in(3) ? 3 : 1;
  setup.replicas = dice.one_in(5) ? 2 : 1;
  setup.transformer = dice.one_in(6);
  setup.promotion = !dice.one_in(12);
  setup.observe = dice.one_in(20);
  setup.restarts = !dice.one_in(6);
  setup.freeze = dice.one_in(6);
  setup.few_stages = dice.one_in(2);
  setup.independent = dice.one_in(8);
  setup.max_rollbacks = dice.one_in(2) ? 1 : 3;
  return setup;
}

}  // namespace

const char* name_of(Act act) { return act_names[static_cast<std::size_t>(act)]; }

Story make_story(std::uint64_t seed) {
  Dice dice(seed);
  Story story{seed, make_setup(dice), {}};
  // Some stories know only some of the acts: a rollout that nothing disturbs comes far.
  std::array<int, act_count> own = weights;
  if (dice.one_in(2)) {
    for (std::size_t act = static_cast<std::size_t>(Act::clock_jumps); act < act_count; ++act) {
      if (dice.one_in(2)) own[act] = 0;
    }
  }
  unsigned total = 0;
  for (const int weight : own) total += static_cast<unsigned>(weight);
  const unsigned length = 10 + dice.below(50);
  while (story.steps.size() < length) {
    unsigned pick = dice.below(total);
    std::size_t act = 0;
    while (pick >= static_cast<unsigned>(own[act])) pick -= static_cast<unsigned>(own[act++]);
    story.steps.push_back({static_cast<Act>(act), dice.below(1000), dice.below(1000), dice.below(1000)});
  }
  return story;
}

}  // namespace canaryd::property
