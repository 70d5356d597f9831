#include "observations.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "canaryd/base/number.hpp"
#include "field_manager.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;
using traffic::ComponentRollout;

// "iris-predictor-00002" is "iris-predictor" and 2.
struct Numbered {
  std::string_view name;
  std::uint64_t number = 0;
};

std::optional<Numbered> numbered(const Revision& revision) {
  const std::string_view text = revision.str();
  const std::size_t dash = text.rfind('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(dash + 1);
  const auto number = number_from<std::uint64_t>(digits);
  if (!number) return std::nullopt;
  return Numbered{text.substr(0, dash), *number};
}

// Knative numbers the revisions of one service. Names of another form, or of services with other names (KServe once
// wrote "-predictor-default-00001"), tell no order.
bool is_known_earlier(const Revision& revision, const Revision& than) {
  const auto a = numbered(revision);
  const auto b = numbered(than);
  return a && b && a->name == b->name && a->number < b->number;
}

std::string percent_words(const std::optional<std::int64_t>& percent) {
  return percent ? std::to_string(*percent) + " %" : "no percent";
}

// The share that spec gives the newest ready revision: all of it without the field.
std::int64_t share_wanted(const ComponentRollout& c) { return c.raw_percent.value_or(100); }

bool is_between(std::int64_t percent) { return percent > 0 && percent < 100; }

// One component in two versions of the object.
class Pair {
 public:
  Pair(const ComponentRollout& before, const ComponentRollout& after, const std::string& field_manager,
       const std::function<bool(const Revision&)>& quarantined)
      : before_(before), after_(after), field_manager_(field_manager), quarantined_(quarantined) {}

  void observe(std::vector<Observation>& out) const {
    // A first deployment has no stable revision: nothing can be passed by, reverted or undone.
    if (before_.latest_rolledout.empty() || after_.latest_rolledout.empty()) return;
    for (const auto& seen : {undone(), stable_reverted(), bypassed(), dark(), lowered()}) {
      if (seen) out.push_back(*seen);
    }
  }

 private:
  bool is_ours(const ComponentRollout& c) const { return is_canaryd(c.percent_manager, field_manager_); }
  bool moved_by_us() const {
    return is_ours(after_) && (before_.raw_percent != after_.raw_percent || !is_ours(before_));
  }

  std::optional<Observation> undone() const {
    const Revision& canary = after_.latest_ready;
    const bool had_some = before_.latest_ready == canary && share_wanted(before_) > 0;
    if (had_some || share_wanted(after_) <= 0 || is_ours(after_) || !quarantined_(canary)) return std::nullopt;
    std::string words = canary.str() + ", which was rolled back, had 0 % and has " + percent_words(after_.raw_percent);
    if (after_.latest_created != canary) words += "; it keeps that until " + after_.latest_created.str() + " is ready";
    return observation(Reason::undone, canary, std::move(words));
  }

  std::optional<Observation> stable_reverted() const {
    if (!went_back() || is_ours(after_)) return std::nullopt;
    std::string words = "the stable revision is " + after_.latest_rolledout.str() + " again, no longer " +
                        before_.latest_rolledout.str() + "; " + percent_words(after_.raw_percent);
    return observation(Reason::stable_reverted, before_.latest_rolledout, std::move(words));
  }

  std::optional<Observation> bypassed() const {
    const Revision& stable = after_.latest_rolledout;
    if (stable == before_.latest_rolledout || went_back()) return std::nullopt;
    if (had_a_share(stable) || is_return(stable) || moved_by_us() || quarantined_(stable)) return std::nullopt;
    const bool was_canary = before_.canary_in_flight() && before_.latest_ready == stable;
    std::string words = stable.str() + " was rolled out " + (was_canary ? "from 0 %" : "without having been a canary") +
                        "; " + percent_words(after_.raw_percent);
    return observation(Reason::bypassed, stable, std::move(words));
  }

  std::optional<Observation> dark() const {
    const Revision& canary = after_.latest_ready;
    if (before_.latest_ready.empty() || before_.latest_ready == canary ||
        is_known_earlier(canary, before_.latest_ready))
      return std::nullopt;
    if (!after_.canary_in_flight() || after_.raw_percent != 0 || !is_ours(after_) || quarantined_(canary)) {
      return std::nullopt;
    }
    return observation(Reason::dark, canary,
                       canary.str() + " became ready under the 0 % that was set for an earlier revision");
  }

  std::optional<Observation> lowered() const {
    if (before_.latest_ready != after_.latest_ready || !after_.canary_in_flight() || is_ours(after_)) {
      return std::nullopt;
    }
    // Where a newer revision is on its way the percent is meant for that one.
    if (after_.latest_created != after_.latest_ready) return std::nullopt;
    const Revision& canary = after_.latest_ready;
    const std::int64_t shown_before = before_.share_of(canary);
    const std::int64_t shown = after_.share_of(canary);
    // From 100 it is KServe's revert that takes it down, which is told as stable_reverted.
    const bool fell = is_between(shown_before) && shown < shown_before && shown == after_.raw_percent;
    // Our step taken back before status had followed: then there is no fall to be seen.
    const bool taken_back = is_ours(before_) && before_.canary_in_flight() &&
                            after_.raw_percent < before_.raw_percent && shown_before <= after_.raw_percent;
    if (!fell && !taken_back) return std::nullopt;
    auto out = observation(Reason::lowered_by_hand, canary, "");
    out.from = taken_back ? before_.raw_percent : shown_before;
    out.detail = "the share of " + canary.str() + " was lowered from " + percent_words(out.from) + " to " +
                 percent_words(out.to);
    return out;
  }

  bool went_back() const {
    const Revision& now = after_.latest_rolledout;
    if (now == before_.latest_rolledout) return false;
    return now == before_.previous_rolledout || is_known_earlier(now, before_.latest_rolledout);
  }

  // The revision was a canary whose share lay between 0 and 100 %, in spec or still in status (between our patch to 100
  // and KServe's answer to it spec says 100 and status the stage before), or stood at the 100 that we gave it.
  bool had_a_share(const Revision& revision) const {
    if (before_.latest_ready != revision || before_.latest_rolledout == revision) return false;
    return is_between(share_wanted(before_)) || is_between(before_.share_of(revision)) ||
           (before_.raw_percent == 100 && is_ours(before_));
  }

  // After a revert KServe names the same revision as stable and as previous: what was rolled out is the canary again.
  bool is_return(const Revision& revision) const {
    return before_.latest_ready == revision && before_.previous_rolledout == before_.latest_rolledout;
  }

  Observation observation(Reason reason, const Revision& revision, std::string words) const {
    words += "; the percent belongs to " + (after_.percent_manager.empty() ? "nobody" : after_.percent_manager);
    return {
        reason,          after_.component, revision, before_.raw_percent, after_.raw_percent, after_.percent_manager,
        std::move(words)};
  }

  const ComponentRollout& before_;
  const ComponentRollout& after_;
  const std::string& field_manager_;
  const std::function<bool(const Revision&)>& quarantined_;
};

}  // namespace

std::vector<Observation> observe(const traffic::Rollout& before, const traffic::Rollout& after,
                                 const std::string& field_manager,
                                 const std::function<bool(const Revision&)>& quarantined) {
  std::vector<Observation> out;
  if (before.uid != after.uid || after.deleting) return out;
  for (const auto& component : after.components) {
    const ComponentRollout* earlier = before.find(component.component);
    if (earlier != nullptr) Pair(*earlier, component, field_manager, quarantined).observe(out);
  }
  return out;
}

}  // namespace canaryd::engine
