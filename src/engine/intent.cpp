#include "intent.hpp"

#include <algorithm>

namespace canaryd::engine {

namespace {

constexpr auto late_patch_window = std::chrono::seconds(30);  // a patch still on its way would have arrived by then

const traffic::ComponentRollout* find(const traffic::Rollout& rollout, const audit::Change& change) {
  const auto component = traffic::component_from(change.component);
  return component ? rollout.find(*component) : nullptr;
}

bool owned_and_done(const traffic::Rollout& rollout, const Intent& intent, const std::string& field_manager) {
  return std::all_of(intent.changes.begin(), intent.changes.end(), [&](const audit::Change& change) {
    const auto* component = find(rollout, change);
    return component != nullptr && shows(*component, change.percent_after) &&
           component->percent_manager == field_manager;
  });
}

bool owned_by_another(const traffic::Rollout& rollout, const Intent& intent, const std::string& field_manager) {
  return std::all_of(intent.changes.begin(), intent.changes.end(), [&](const audit::Change& change) {
    const auto* component = find(rollout, change);
    if (component == nullptr) return true;
    return component->percent_manager != field_manager && !(change.percent_after < 0 && !component->raw_percent);
  });
}

bool is_removal(const Intent& intent) {
  return std::any_of(intent.changes.begin(), intent.changes.end(),
                     [](const audit::Change& change) { return change.percent_after < 0; });
}

}  // namespace

bool shows(const traffic::ComponentRollout& component, int percent_after) {
  return percent_after < 0 ? !component.raw_percent : component.raw_percent == percent_after;
}

std::optional<Settlement> settle(const Intent& intent, const Result<traffic::Rollout>& read,
                                 const std::string& field_manager, SteadyTime now) {
  if (!read) {
    if (read.error().kind != ErrorKind::not_found) return std::nullopt;
    return Settlement{"unknown", "the service is gone"};
  }
  if (read->uid != intent.uid) return Settlement{"unknown", "the service was deleted and made anew"};
  const std::string seen =
      "generation " + std::to_string(read->generation) + " after " + std::to_string(intent.generation);
  if (read->generation == intent.generation) {
    if (now < intent.recorded + late_patch_window) return std::nullopt;
    return Settlement{"not_applied", "the object is unchanged 30 s later"};
  }
  if (read->generation == intent.generation + 1) {
    if (owned_and_done(*read, intent, field_manager)) return Settlement{"applied", seen + ", the percent is ours"};
    if (owned_by_another(*read, intent, field_manager)) return Settlement{"not_applied", seen + " by another's write"};
    if (is_removal(intent))
      return Settlement{"unknown", seen + ": the percent is gone, and nobody owns an absent field"};
  }
  return Settlement{"unknown", seen + ": more than one write since"};
}

Intent intent_from(const audit::Record& record, SteadyTime now) {
  Intent intent;
  intent.record = record;
  intent.id = record.id;
  if (record.target) {
    intent.target = {Namespace(record.target->ns), ServiceName(record.target->name)};
    intent.uid = Uid(record.target->uid);
  }
  intent.generation = record.generation;
  intent.recorded = now;
  intent.changes = record.changes;
  return intent;
}

}  // namespace canaryd::engine
