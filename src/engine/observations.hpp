#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/base/strong.hpp"
#include "canaryd/policy/reason.hpp"
#include "canaryd/traffic/rollout.hpp"

namespace canaryd::engine {

// Something that happened to a canary or its stable revision and that canaryd did not do, though it matters to it.
struct Observation {
  policy::Reason reason = policy::Reason::bypassed;  // bypassed, stable_reverted, dark, lowered_by_hand, undone
  traffic::Component component = traffic::Component::predictor;
  Revision revision;
  std::optional<std::int64_t> from;  // percents, as written; absent: no field, the newest ready revision has all
  std::optional<std::int64_t> to;
  std::string manager;  // who owns the percent now, by managedFields; empty: nobody
  std::string detail;   // one English phrase; text from outside in it is not escaped
};

// What two versions of one object, `before` and `after`, show between them. Versions between the two may have been
// missed. Of another uid, of an object that is being deleted and of canaryd's own moves it says nothing. Any manager
// "canaryd/..." counts as canaryd: replicas have one each.
//
// - bypassed: a revision was rolled out that had no share between 0 and 100 % before. One that was put at 100 from 0
//   is told too; so is one that found 100 % left behind, by whomever.
// - stable_reverted: the stable revision lost its place to an earlier one (`revision` is the one that lost it). From
//   the last stage it is a rollback, and from nothing in flight KServe's way with any percent below 100; both hold a
//   promotion as lowered_by_hand does.
// - dark: a newer revision became ready under canaryd's own percent 0.
// - lowered_by_hand: the canary's share was lowered, told when status shows it. The percent alone does not tell it from
//   the usual release, which sets a new model and its percent in one commit and is seen before its revision exists.
// - undone: a revision that `quarantined` names was at 0 and has a percent again, or none.
// Pure.
std::vector<Observation> observe(const traffic::Rollout& before, const traffic::Rollout& after,
                                 const std::string& field_manager,
                                 const std::function<bool(const Revision&)>& quarantined);

}  // namespace canaryd::engine
