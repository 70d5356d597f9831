// The watch's copies, and what reaches them beside the watch.
#include "engine/store.hpp"

#include <doctest/doctest.h>

#include "canaryd/traffic/decode.hpp"
#include "fakes.hpp"

using namespace canaryd;
using namespace canaryd::engine;
using namespace canaryd::engine::testing;

namespace {

const Target iris{Namespace("ml"), ServiceName("iris")};

Json iris_at(const std::string& version) {
  Json object = FakeApi::canary(5, 2, 2, 1);
  object["metadata"]["resourceVersion"] = version;
  return object;
}

struct Copies {
  void tell(const char* type, const Json& object) {
    REQUIRE(store.event(Namespace("ml"), Json{{"type", type}, {"object", object}}.dump()));
  }
  void read(const Json& object) {
    auto rollout = traffic::decode_rollout(object.dump());
    REQUIRE(rollout);
    store.put(std::move(*rollout));
  }
  std::string version() const {
    const auto copy = store.find(iris);
    return copy ? copy->resource_version : "none";
  }

  FakeClock clock;
  Logger log{LogFormat::logfmt, LogLevel::error};
  RolloutStore store{clock, log, [](const Target&, bool, const traffic::Rollout*) {}};
};

}  // namespace

TEST_CASE("the newest version stays, whoever brings it") {
  Copies copies;
  copies.tell("ADDED", iris_at("100"));
  copies.read(iris_at("103"));
  copies.tell("MODIFIED", iris_at("102"));
  CHECK(copies.version() == "103");
}

TEST_CASE("a read that was on its way when the service was deleted does not bring it back") {
  Copies copies;
  copies.tell("ADDED", iris_at("100"));
  copies.tell("DELETED", iris_at("105"));
  copies.read(iris_at("104"));
  CHECK(copies.version() == "none");
}

TEST_CASE("a service that was made anew is known by the first that tells of it") {
  Copies copies;
  copies.tell("DELETED", iris_at("105"));
  SUBCASE("a read") { copies.read(iris_at("106")); }
  SUBCASE("the watch") { copies.tell("ADDED", iris_at("106")); }
  CHECK(copies.version() == "106");
}

TEST_CASE("a late event about an older deletion does not make a younger one forgotten") {
  Copies copies;
  copies.tell("DELETED", iris_at("105"));
  copies.tell("DELETED", iris_at("101"));
  copies.read(iris_at("104"));
  CHECK(copies.version() == "none");
}
