#include "stories.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <iostream>
#include <random>

namespace canaryd::property {

namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

void play_stories(const char* what, const MakeSubject& make) {
  const auto seed = number_from("CANARYD_STORY_SEED", std::random_device()());
  const char* without = std::getenv("CANARYD_STORY_WITHOUT");
  const Plan plan{seed, number_from("CANARYD_STORIES", 1'000'000),
                  std::chrono::seconds(number_from("CANARYD_STORY_SECONDS", 20)), without == nullptr ? "" : without};
  const auto out = campaign(make, plan);
  std::cout << what << ": " << out.stories << " stories from seed " << seed << ", " << out.sums.steps << " steps, "
            << out.sums.rises << " rises, " << out.sums.promotions << " promotions, " << out.sums.rollbacks
            << " rollbacks\n";
  CHECK_MESSAGE(out.report.empty(), out.report);
  CHECK(out.stories > 0);
}

}  // namespace canaryd::property
