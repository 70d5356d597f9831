#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "engine/observations.hpp"

// Versions of one object, and what is observed between them.
namespace canaryd::engine::testing {

using traffic::Component;
using traffic::Rollout;

inline const std::string me = "canaryd/a";

inline Revision rev(int number) {
  return number == 0 ? Revision() : Revision("iris-predictor-0000" + std::to_string(number));
}

// The revisions of a status by their last digit, 0 for none: created, ready, rolled out, previous rolled out.
struct Revisions {
  int created, ready, rolledout, previous;
};
using Shares = std::initializer_list<std::pair<int, int>>;
inline constexpr std::optional<std::int64_t> no_field;

inline Rollout version(Revisions r, std::optional<std::int64_t> percent, const std::string& manager, Shares shares) {
  Rollout rollout;
  rollout.target = {Namespace("ml"), ServiceName("iris")};
  rollout.uid = Uid("uid-1");
  rollout.mode = traffic::Mode::knative;
  auto& c = rollout.components.emplace_back();
  c.raw_percent = percent;
  if (percent) c.percent = Percent::from(*percent);
  c.percent_manager = manager;
  c.latest_created = rev(r.created);
  c.latest_ready = rev(r.ready);
  c.latest_rolledout = rev(r.rolledout);
  c.previous_rolledout = rev(r.previous);
  for (const auto& [number, share] : shares) c.traffic.push_back({rev(number), share, ""});
  return rollout;
}

// "bypassed 2 from 100 to none by kubectl"; several are joined by a comma, nothing seen is "".
inline std::string words(const std::vector<Observation>& seen) {
  const auto text = [](const std::optional<std::int64_t>& p) { return p ? std::to_string(*p) : "none"; };
  std::string out;
  for (const auto& o : seen) {
    out += (out.empty() ? "" : ", ") + std::string(name_of(o.reason)) + " " + o.revision.str().back() + " from " +
           text(o.from) + " to " + text(o.to) + " by " + (o.manager.empty() ? "nobody" : o.manager);
    CHECK_MESSAGE(o.detail.find(o.revision.str()) != std::string::npos, o.detail);
  }
  return out;
}

inline std::string between(const Rollout& before, const Rollout& after, int quarantined = 0) {
  return words(
      observe(before, after, me, [&](const Revision& r) { return quarantined != 0 && r == rev(quarantined); }));
}

// What the versions of one story show, one after the other.
inline std::string story(const std::vector<Rollout>& versions, int quarantined = 0) {
  std::string out;
  for (std::size_t i = 1; i < versions.size(); ++i) {
    const auto seen = between(versions[i - 1], versions[i], quarantined);
    if (!seen.empty()) out += (out.empty() ? "" : ", ") + seen;
  }
  return out;
}

// Each version is seen by spec first and by status later.
inline const Rollout first = version({1, 1, 1, 0}, no_field, "", {{1, 100}});
inline const Rollout canary_5 = version({2, 2, 1, 0}, 5, "kubectl", {{2, 5}, {1, 95}});
inline const Rollout our_20 = version({2, 2, 1, 0}, 20, me, {{2, 20}, {1, 80}});
inline const Rollout rolled_back = version({2, 2, 1, 0}, 0, me, {{2, 0}, {1, 100}});
inline const Rollout our_100 = version({2, 2, 2, 1}, 100, me, {{2, 100}});
inline const Rollout promoted = version({2, 2, 2, 1}, no_field, "", {{2, 100}});

// The release of model 2 with 5, up all our stages to the promotion.
inline std::vector<Rollout> our_promotion() {
  std::vector<Rollout> out{first, version({1, 1, 1, 0}, 5, "kubectl", {{1, 100}}),
                           version({2, 1, 1, 0}, 5, "kubectl", {{1, 100}}), canary_5};
  int before = 5;
  for (const int stage : {10, 25, 50, 75}) {
    out.push_back(version({2, 2, 1, 0}, stage, me, {{2, before}, {1, 100 - before}}));
    out.push_back(version({2, 2, 1, 0}, stage, me, {{2, stage}, {1, 100 - stage}}));
    before = stage;
  }
  out.push_back(version({2, 2, 1, 0}, 100, me, {{2, 75}, {1, 25}}));
  out.push_back(our_100);
  out.push_back(promoted);
  return out;
}

}  // namespace canaryd::engine::testing
