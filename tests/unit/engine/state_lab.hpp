#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>

#include "canaryd/base/time_text.hpp"
#include "engine/config_map_api.hpp"
#include "engine/state.hpp"

namespace canaryd::engine::testing {

// Both of its clocks move only when a test moves them.
class HandClock final : public Clock {
 public:
  WallTime now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  SteadyTime steady() const override {
    const std::lock_guard lock(mutex_);
    return steady_;
  }
  void pass(std::chrono::milliseconds time) {
    const std::lock_guard lock(mutex_);
    now_ += time;
    steady_ += time;
  }

 private:
  mutable std::mutex mutex_;
  WallTime now_ = *parse_rfc3339("2026-08-01T12:00:00Z");
  SteadyTime steady_ = SteadyTime(std::chrono::hours(1));
};

// One replica with its own copy of canaryd-state.
struct Replica {
  explicit Replica(kube::KubeApi& api, const Clock& clock) : state(settings, api, clock, logger, metrics) {}
  Settings settings{.instance = "lab", .scopes = {}};
  Logger logger;
  Metrics metrics;
  State state;
};

struct StateLab {
  HandClock clock;
  ConfigMapApi api;
  Replica replica{api, clock};
  State& state = replica.state;
  const SteadyTime soon = SteadyTime::max();
  const Target iris{Namespace("ml"), ServiceName("iris")};

  StateFacts about_iris(const std::string& revision = "iris-predictor-00002") const {
    return state.about(iris, Revision(revision), "predictor");
  }
  traffic::StateEntry entry(traffic::StateEntry::Kind kind, const std::string& ns = "", const std::string& name = "",
                            const std::string& about = "") const {
    traffic::StateEntry e;
    e.kind = kind;
    e.ns = Namespace(ns);
    e.name = ServiceName(name);
    e.about = about;
    e.by = "token:alice";
    e.reason = "the database moves";
    e.since = clock.now();
    e.record = "id-1";
    return e;
  }
  traffic::StateEntry quarantine(const std::string& revision = "iris-predictor-00002") const {
    return entry(traffic::StateEntry::Kind::quarantine, "ml", "iris", revision);
  }
  std::vector<traffic::StateEntry> quarantines() const {
    std::vector<traffic::StateEntry> out;
    state.visit_quarantines([&](const traffic::StateEntry& one) { out.push_back(one); });
    return out;
  }
  std::string keys() const {
    std::string out;
    const auto data = api.data();
    for (const auto& [key, value] : data.items()) out += (out.empty() ? "" : " ") + key;
    return out;
  }
};

// What is written to stderr, where the log goes, while `work` runs.
template <class Work>
std::string log_of(const Work& work) {
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  REQUIRE(file);
  std::fflush(stderr);
  const int kept = dup(2);
  REQUIRE(dup2(fileno(file.get()), 2) == 2);
  work();
  std::fflush(stderr);
  REQUIRE(dup2(kept, 2) == 2);
  close(kept);
  std::rewind(file.get());
  std::string out(1 << 16, '\0');
  out.resize(std::fread(out.data(), 1, out.size(), file.get()));
  return out;
}

inline std::size_t count_of(const std::string& text, const std::string& what) {
  std::size_t found = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++found;
  return found;
}

}  // namespace canaryd::engine::testing
