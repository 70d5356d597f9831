#include "engine/decision_memory.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <thread>

using namespace canaryd::engine;

namespace {

// Whether the only decision of a turn was a repeat; it is recorded then.
bool repeats(DecisionMemory& memory, const std::string& episode, const std::string& outcome) {
  DecisionMemory::Turn turn(memory, {{episode, outcome}});
  turn.recorded();
  return turn.is_repeat(0);
}

}  // namespace

TEST_CASE("a decision is a repeat when it is the newest recorded one of its episode") {
  DecisionMemory memory;
  CHECK_FALSE(repeats(memory, "a", "stale"));
  CHECK(repeats(memory, "a", "stale"));
  CHECK_FALSE(repeats(memory, "b", "stale"));
  CHECK_FALSE(repeats(memory, "a", "held"));
  CHECK_FALSE(repeats(memory, "a", "stale"));
  memory.forget("a");
  CHECK_FALSE(repeats(memory, "a", "stale"));
}

TEST_CASE("what could not be recorded is no repeat the next time") {
  DecisionMemory memory;
  {
    const DecisionMemory::Turn failed(memory, {{"a", "stale"}, {"b", "stale"}});
  }
  CHECK_FALSE(repeats(memory, "a", "stale"));
  CHECK_FALSE(repeats(memory, "b", "stale"));
}

TEST_CASE("decisions of one turn about one episode are compared with each other") {
  DecisionMemory memory;
  {
    DecisionMemory::Turn turn(memory, {{"a", "stale"}, {"a", "stale"}, {"a", "held"}, {"b", "stale"}});
    CHECK_FALSE(turn.is_repeat(0));
    CHECK(turn.is_repeat(1));
    CHECK_FALSE(turn.is_repeat(2));
    CHECK_FALSE(turn.is_repeat(3));
    turn.recorded();
  }
  CHECK(repeats(memory, "a", "held"));
}

TEST_CASE("the least recently asked episode is forgotten first") {
  DecisionMemory memory(2);
  CHECK_FALSE(repeats(memory, "a", "stale"));
  CHECK_FALSE(repeats(memory, "b", "stale"));
  CHECK(repeats(memory, "a", "stale"));
  CHECK_FALSE(repeats(memory, "c", "stale"));
  CHECK(repeats(memory, "a", "stale"));
  CHECK_FALSE(repeats(memory, "b", "stale"));
}

TEST_CASE("a decision about an episode on its way to the disk waits for its end") {
  DecisionMemory memory;
  std::optional<DecisionMemory::Turn> first;
  first.emplace(memory, std::vector<DecisionMemory::Decided>{{"a", "stale"}, {"b", "stale"}});
  std::atomic<bool> repeat{false};
  std::thread second([&] { repeat = repeats(memory, "b", "stale"); });
  first->recorded();
  first.reset();
  second.join();
  CHECK(repeat);
}

TEST_CASE("turns that name the same episodes in another order do not wait for each other for ever") {
  DecisionMemory memory;
  const auto take = [&](const char* one, const char* other) {
    for (int i = 0; i < 2000; ++i) {
      DecisionMemory::Turn turn(memory, {{one, "stale"}, {other, "stale"}});
      turn.recorded();
    }
  };
  std::thread forth(take, "a", "b");
  std::thread back(take, "b", "a");
  forth.join();
  back.join();
  CHECK(repeats(memory, "a", "stale"));
}
