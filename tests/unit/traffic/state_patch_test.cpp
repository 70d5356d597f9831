#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

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

TEST_CASE("an entry is removed and one that is gone already does not fail the patch") {
  const auto text = config_map("\"hold\":" + a_value + ",\"hold.ml\":" + a_value);
  const auto after = sample::patched(text, state_patch(decoded(text), {}, {"hold.ml", "hold.gone"}));
  REQUIRE(after.has_value());
  REQUIRE(decoded(*after).entries.size() == 1);
  CHECK(decoded(*after).entries[0].key() == "hold");
}

TEST_CASE("a map without data and a new one take their first entry") {
  const auto bare = R"({"metadata":{"resourceVersion":"41"}})";
  CHECK_FALSE(decoded(bare).has_data);
  const auto after = sample::patched(bare, state_patch(decoded(bare), {entry(Kind::stop)}, {}));
  REQUIRE(after.has_value());
  CHECK(decoded(*after).entries.size() == 1);
  const auto made = empty_state(Namespace("canaryd"), "canaryd-state");
  CHECK(sample::at(made, "/kind") == "\"ConfigMap\"");
  CHECK(sample::at(made, "/metadata/name") == "\"canaryd-state\"");
  CHECK(sample::at(made, "/metadata/namespace") == "\"canaryd\"");
}

TEST_CASE("a patch made for another version of the map fails whole") {
  const auto patch = state_patch(with_data(""), {entry(Kind::stop)}, {});
  CHECK_FALSE(sample::patched(sample::with(config_map(""), "/metadata/resourceVersion", "\"42\""), patch).has_value());
}

TEST_CASE("writers at the same time never lose each other's entry") {
  std::mutex mutex;  // of the server
  std::string stored = config_map("");
  int version = 41;
  const auto read = [&] {
    const std::lock_guard lock(mutex);
    return stored;
  };
  const auto patched = [&](const std::string& patch) {
    const std::lock_guard lock(mutex);
    const auto after = sample::patched(stored, patch);
    if (after) stored = sample::with(*after, "/metadata/resourceVersion", "\"" + std::to_string(++version) + "\"");
    return after.has_value();
  };
  std::atomic<int> tries{0};
  std::vector<std::thread> writers;
  for (int writer = 0; writer < 4; ++writer) {
    writers.emplace_back([&, writer] {
      for (int i = 0; i < 10; ++i) {
        const auto mine = entry(Kind::hold, "ml", "service-" + std::to_string(writer) + "-" + std::to_string(i));
        do {
          ++tries;
          const auto seen = decode_state(read());
          std::this_thread::yield();
          if (patched(state_patch(*seen, {mine}, {}))) break;
        } while (tries < 100000);
      }
    });
  }
  for (auto& writer : writers) writer.join();
  CHECK(decoded(stored).entries.size() == 40);
  CHECK(version == 81);
}
