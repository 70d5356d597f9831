#include "canaryd/traffic/state_map.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <vector>

#include "canaryd/base/text.hpp"
#include "traffic/sample.hpp"
#include "traffic/state_sample.hpp"

using namespace canaryd;
using namespace canaryd::traffic;
using sample::a_value;
using sample::config_map;
using sample::decoded;
using sample::entry;
using sample::with_data;
using Kind = StateEntry::Kind;

namespace {

std::vector<StateEntry> one_of_each() {
  auto until = entry(Kind::hold, "ml", "iris");
  until.until = *parse_rfc3339("2026-08-02T00:00:00Z");
  auto recorded = entry(Kind::quarantine, "ml", "iris", "iris-predictor-00002");
  recorded.record = "0123456789abcdef";
  return {entry(Kind::hold),
          entry(Kind::hold, "ml"),
          until,
          entry(Kind::lowered, "ml", "iris", "predictor"),
          recorded,
          entry(Kind::quarantine, "ml", "iris", "iris.predictor.v2-00002"),
          entry(Kind::stop)};
}

std::string damage_of(const std::string& key, const std::string& value = a_value) {
  const auto map = with_data("\"" + key + "\":" + value);
  CHECK(map.entries.empty());
  REQUIRE(map.damaged.size() == 1);
  CHECK(map.sizes.count(map.damaged.front().key) == 1);
  return map.damaged.front().key + ": expected " + map.damaged.front().expected;
}

}  // namespace

TEST_CASE("an entry goes into the map and comes back as it was") {
  const auto before = with_data("");
  auto put = one_of_each();
  const auto after = sample::patched(config_map(""), state_patch(before, put, {}));
  REQUIRE(after.has_value());
  auto got = decoded(*after).entries;
  std::sort(put.begin(), put.end());
  std::sort(got.begin(), got.end());
  CHECK(got == put);
  CHECK(decoded(*after).damaged.empty());
}

TEST_CASE("an entry is one line that a person can read and write") {
  auto hold = entry(Kind::hold, "ml", "iris");
  hold.until = *parse_rfc3339("2026-08-02T00:00:00Z");
  const auto after = sample::patched(config_map(""), state_patch(with_data(""), {hold}, {})).value();
  CHECK(sample::at(after, "/data/hold.ml.iris") ==
        R"("{\"by\":\"token:alice\",\"reason\":\"the \\\"database\\\" moves\",)"
        R"(\"since\":\"2026-08-01T12:00:00.123456Z\",\"until\":\"2026-08-02T00:00:00.000000Z\"}")");
  const auto by_hand =
      with_data(R"("hold.ml":"{ \"since\": \"2026-08-01T14:00:00+02:00\", \"by\": \"bob\", \"ticket\": 7 }")");
  REQUIRE(by_hand.entries.size() == 1);
  CHECK(by_hand.entries[0].by == "bob");
  CHECK(by_hand.entries[0].reason.empty());
  CHECK(by_hand.entries[0].since == *parse_rfc3339("2026-08-01T12:00:00Z"));
}

TEST_CASE("a key names what the entry is about and the last part keeps its dots") {
  CHECK(entry(Kind::hold).key() == "hold");
  CHECK(entry(Kind::hold, "ml").key() == "hold.ml");
  CHECK(entry(Kind::stop).key() == "stop");
  CHECK(entry(Kind::lowered, "ml", "iris", "predictor").key() == "lowered.ml.iris.predictor");
  const auto map = with_data("\"quarantine.ml.iris.a.b.c-00001\":" + a_value);
  REQUIRE(map.entries.size() == 1);
  CHECK(map.entries[0].about == "a.b.c-00001");
  CHECK(map.entries[0].key() == "quarantine.ml.iris.a.b.c-00001");
}

TEST_CASE("a hold covers the service the namespace or all") {
  const Target iris{Namespace("ml"), ServiceName("iris")};
  CHECK(entry(Kind::hold).covers(iris));
  CHECK(entry(Kind::hold, "ml").covers(iris));
  CHECK(entry(Kind::hold, "ml", "iris").covers(iris));
  CHECK_FALSE(entry(Kind::hold, "ml", "wine").covers(iris));
  CHECK_FALSE(entry(Kind::hold, "pay").covers(iris));
  CHECK_FALSE(entry(Kind::hold, "pay", "iris").covers(iris));
}

TEST_CASE("a damaged entry is named with what was expected and nothing is guessed") {
  for (const char* key : {"holds", "hold.", "hold.ML", "hold.ml.", "hold.ml.iris.x", "quarantine", "quarantine.ml.iris",
                          "quarantine.ml.iris.", "quarantine.ml.iris.A_b", "lowered.ml.iris", "stop.ml", "_x"}) {
    CAPTURE(key);
    CHECK(damage_of(key).starts_with(std::string(key) + ": expected a key hold, hold.NS"));
  }
  for (const char* value :
       {R"("")", R"("text")", R"("[]")", R"("{}")", R"("{\"by\":\"a\"}")", R"("{\"since\":\"2026-08-01T12:00:00Z\"}")",
        R"("{\"by\":\"\",\"since\":\"2026-08-01T12:00:00Z\"}")", R"("{\"by\":\"a\",\"since\":\"yesterday\"}")",
        R"("{\"by\":7,\"since\":\"2026-08-01T12:00:00Z\"}")",
        R"("{\"by\":\"a\",\"since\":\"2026-08-01T12:00:00Z\",\"until\":\"soon\"}")",
        R"("{\"by\":\"a\",\"since\":\"2026-08-01T12:00:00Z\",\"until\":60}")"}) {
    CAPTURE(value);
    CHECK(damage_of("hold.ml", value).starts_with("hold.ml: expected one line of JSON"));
  }
  const auto both = with_data("\"hold\":" + a_value + ",\"hold.ml\":\"x\"");
  CHECK(both.entries.size() == 1);
  REQUIRE(both.damaged.size() == 1);
  REQUIRE(both.damaged[0].may_mean.has_value());
  CHECK(both.damaged[0].may_mean->key() == "hold.ml");
  CHECK_FALSE(with_data("\"hold.ML\":" + a_value).damaged[0].may_mean.has_value());
}

TEST_CASE("the size of an entry is that of its key with its value") {
  auto hold = entry(Kind::hold, "ml", "iris");
  hold.until = *parse_rfc3339("2026-08-02T00:00:00Z");
  const auto after = decoded(sample::patched(config_map(""), state_patch(with_data(""), {hold}, {})).value());
  CHECK(after.sizes.at("hold.ml.iris") == size_of(hold));
  CHECK(size_of(hold) == 12 + 130);
  CHECK(with_data("\"odd key\":\"xyz\"").sizes.at("odd key") == 10);
}

TEST_CASE("what is no ConfigMap is an error") {
  for (const char* text : {"", "[]", "{}", R"({"metadata":{}})", R"({"metadata":{"resourceVersion":7}})",
                           R"({"metadata":{"resourceVersion":"1"},"data":[]})",
                           R"({"metadata":{"resourceVersion":"1"},"data":{"hold":7}})"}) {
    CAPTURE(text);
    CHECK_FALSE(decode_state(text).has_value());
  }
}

TEST_CASE("texts are bounded on the way in and on the way out") {
  auto long_one = entry(Kind::hold);
  long_one.by = std::string(255, 'x') + "\xc3\xa4\xc3\xa4";  // the cut falls into the first of them
  long_one.reason = std::string(100000, 'y') + "\xff";
  const auto after = sample::patched(config_map(""), state_patch(with_data(""), {long_one}, {})).value();
  CHECK(after.size() < 1000);
  const auto got = decoded(after).entries.at(0);
  CHECK(got.by == std::string(255, 'x'));
  CHECK(got.reason == std::string(256, 'y'));
  long_one.reason = "bad \xff byte";
  CHECK(is_utf8(state_patch(with_data(""), {long_one}, {})));
  const auto by_hand = with_data(R"("hold":"{\"by\":\"a\",\"since\":\"2026-08-01T12:00:00Z\",\"reason\":\")" +
                                 std::string(5000, 'z') + R"(\"}")");
  CHECK(by_hand.entries.at(0).reason.size() == 256);
}
