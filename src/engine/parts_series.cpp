#include <algorithm>
#include <utility>

#include "parts.hpp"
#include "rollout_rows.hpp"
#include "series.hpp"
#include "stop_file.hpp"
#include "unix_seconds.hpp"

// What the engine exports at each scrape.
namespace canaryd::engine {

namespace {

MetricFamily hold_series(const std::vector<traffic::StateEntry>& entries) {
  MetricFamily family{"canaryd_hold_since_timestamp_seconds", "When a hold was placed.", {}};
  for (const auto& entry : entries) {
    if (entry.kind != traffic::StateEntry::Kind::hold) continue;
    family.samples.push_back({{{"scope", scope_of(entry)}}, unix_seconds(entry.since)});
  }
  return family;
}

// By the stop file or by a person; 0 while neither stops it.
double stopped_since(const std::string& stop_file, const std::vector<traffic::StateEntry>& entries) {
  double since = stop_file_since(stop_file);
  for (const auto& entry : entries) {
    if (entry.kind != traffic::StateEntry::Kind::stop) continue;
    const double at = unix_seconds(entry.since);
    since = since > 0 ? std::min(since, at) : at;
  }
  return since;
}

MetricFamily one(const char* name, const char* help, double value) { return {name, help, {{{}, value}}}; }

}  // namespace

std::vector<MetricFamily> Parts::series() const {
  const auto current = rules.get();
  const auto moment = facts.moment(*current);
  const auto policy_of = [&](const traffic::Rollout& rollout) {
    return policy::find_policy(current->policies, rollout.target, rollout.labels);
  };
  const auto entries = state.entries();
  auto families = rollout_series(store.exposed(), policy_of, moment.now);
  families.push_back(one("canaryd_watch_synced", "1 when the watch's copies may be trusted.", fresh() ? 1 : 0));
  families.push_back(
      one("canaryd_inferenceservices", "InferenceServices in the watch's copies.", static_cast<double>(store.size())));
  families.push_back(one("canaryd_stopped", "1 while canaryd is stopped: nothing is patched.", moment.stopped ? 1 : 0));
  families.push_back(one("canaryd_stopped_since_timestamp_seconds",
                         "When the stop file was made, or a person stopped canaryd; 0 while neither stops it.",
                         stopped_since(current->stop_file, entries)));
  families.push_back(
      one("canaryd_breaker_open", "1 while promotions stop because of many rollbacks.", moment.breaker_open ? 1 : 0));
  families.push_back(hold_series(entries));
  families.push_back(rehearsal.series());
  families.push_back(lookout.series());
  families.push_back(promotions.series(moment.now));
  for (auto& family : progress_series(store.in_flight(), *current, facts, moment)) {
    families.push_back(std::move(family));
  }
  for (auto& family : background.series()) families.push_back(std::move(family));
  return families;
}

}  // namespace canaryd::engine
