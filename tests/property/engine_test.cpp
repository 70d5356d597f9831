#include <doctest/doctest.h>

#include "engine_subject.hpp"
#include "stories.hpp"

using namespace canaryd::property;

TEST_CASE("whatever happens the engine keeps the rules and brings each canary to its end") {
  play_stories("engine", make_engine_subject);
}
