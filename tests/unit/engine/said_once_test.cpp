#include "engine/said_once.hpp"

#include <doctest/doctest.h>

TEST_CASE("what was said is not new and what was forgotten for want of room is") {
  canaryd::engine::SaidOnce said(2);
  CHECK(said.is_new("ml/iris: no uid"));
  CHECK_FALSE(said.is_new("ml/iris: no uid"));
  CHECK(said.is_new("ml/rose: no uid"));
  CHECK(said.is_new("ml/tulip: no uid"));
  CHECK(said.is_new("ml/iris: no uid"));
}
