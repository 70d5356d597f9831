#include <doctest/doctest.h>

#include "pure_subject.hpp"
#include "stories.hpp"

using namespace canaryd::property;

TEST_CASE("whatever happens the decisions keep the rules and bring each canary to its end") {
  play_stories("decisions", make_pure_subject);
}
