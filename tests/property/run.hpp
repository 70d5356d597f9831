#pragma once

#include <optional>
#include <string>
#include <vector>

#include "world.hpp"

namespace canaryd::property {

struct Run {
  std::optional<Violation> violation;
  std::vector<std::string> told;
  std::size_t steps = 0;
  std::size_t rises = 0;
  std::size_t rollbacks = 0;
  std::size_t promotions = 0;
};

// Plays one story to its end, or to the first rule that is broken.
Run play(const Story& story, const MakeSubject& make);

// A shorter story that breaks the same rule: steps are left out as long as it does, then their numbers and the
// setup are made plain. Bounded by `most_runs`.
Story shrink(const Story& story, const std::string& rule, const MakeSubject& make, int most_runs);

// Plays stories from random seeds until the count or the time is used up; throws nothing, and reports the first that
// breaks a rule, shrunken, in lines for a person.
struct Campaign {
  std::size_t stories = 0;
  Run sums;
  std::string report;  // empty: no rule was broken
};
struct Plan {
  std::uint64_t first_seed = 0;
  std::size_t stories = 0;
  std::chrono::seconds time{0};
  std::string without;  // names of acts that are left out: to look past what is known
};
Campaign campaign(const MakeSubject& make, const Plan& plan);

}  // namespace canaryd::property
