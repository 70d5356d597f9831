#include "canaryd/traffic/patch.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "json_reader.hpp"
#include "shapes.hpp"

namespace canaryd::traffic {

namespace {

using Json = nlohmann::json;

constexpr std::size_t max_changes = 20;

// The keys come out in the order op, path, value: nlohmann::json sorts them.
Json operation(const char* op, std::string path, Json value) {
  return {{"op", op}, {"path", std::move(path)}, {"value", std::move(value)}};
}

Json name_or_null(const Revision& revision) { return revision.empty() ? Json(nullptr) : Json(revision.str()); }

std::string percent_path(Component component) {
  return std::string("/spec/") + name_of(component) + "/canaryTrafficPercent";
}

// The percent as it was written; 150 is possible, and its rollback too.
Json expected_percent(const ComponentRollout& rollout) {
  if (rollout.raw_percent) return *rollout.raw_percent;
  if (rollout.percent) return rollout.percent->value();
  return nullptr;
}

void append_tests(const ComponentRollout& rollout, Json& patch) {
  const std::string status = std::string("/status/components/") + name_of(rollout.component) + "/";
  patch.push_back(operation("test", percent_path(rollout.component), expected_percent(rollout)));
  patch.push_back(operation("test", status + "latestReadyRevision", name_or_null(rollout.latest_ready)));
  patch.push_back(operation("test", status + "latestRolledoutRevision", name_or_null(rollout.latest_rolledout)));
  if (rollout.latest_ready != rollout.latest_rolledout) return;
  // Stage 100: KServe gives the traffic to previousRolledout, and only while created, ready and rolledout are one.
  patch.push_back(operation("test", status + "latestCreatedRevision", name_or_null(rollout.latest_created)));
  patch.push_back(operation("test", status + "previousRolledoutRevision", name_or_null(rollout.previous_rolledout)));
}

// A canary that appeared in a component left alone would have been part of the decision: its state is tested too.
void append_bystander_tests(const ComponentRollout& rollout, Json& patch) {
  const std::string status = std::string("/status/components/") + name_of(rollout.component);
  if (rollout.latest_ready.empty() && rollout.latest_rolledout.empty()) {
    if (rollout.latest_created.empty() && rollout.traffic.empty()) patch.push_back(operation("test", status, nullptr));
    return;
  }
  patch.push_back(operation("test", status + "/latestReadyRevision", name_or_null(rollout.latest_ready)));
  patch.push_back(operation("test", status + "/latestRolledoutRevision", name_or_null(rollout.latest_rolledout)));
}

// What everything that is decided about `taken` rests on.
Json tests_of(const Rollout& rollout, const std::vector<Component>& taken) {
  Json patch = Json::array();
  patch.push_back(operation("test", "/metadata/uid", rollout.uid.str()));
  patch.push_back(operation("test", "/metadata/generation", rollout.generation));
  for (const ComponentRollout& found : rollout.components) {
    const bool is_taken = std::find(taken.begin(), taken.end(), found.component) != taken.end();
    if (is_taken) {
      append_tests(found, patch);
    } else if (found.raw_percent) {
      append_bystander_tests(found, patch);
    }
  }
  return patch;
}

std::string pointer_token(const std::string& key) {
  std::string token;
  for (const char c : key) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

bool belongs_to_traffic(const std::string& path) {
  return path == "/status" || path == "/metadata/managedFields" || path == "/metadata/generation" ||
         path == "/metadata/resourceVersion" || path == percent_path(Component::predictor) ||
         path == percent_path(Component::transformer) || path == percent_path(Component::explainer);
}

// Recursion is bounded by the depth that the reader allows.
void append_changes(const Json& before, const Json& after, const std::string& path, std::vector<std::string>& changes) {
  if (changes.size() >= max_changes || belongs_to_traffic(path)) return;
  if (before.is_object() && after.is_object()) {
    std::set<std::string> keys;
    for (const auto& item : before.items()) keys.insert(item.key());
    for (const auto& item : after.items()) keys.insert(item.key());
    const Json absent = Json::value_t::discarded;
    for (const std::string& key : keys) {
      const auto old_value = before.find(key);
      const auto new_value = after.find(key);
      append_changes(old_value == before.end() ? absent : *old_value, new_value == after.end() ? absent : *new_value,
                     path + "/" + pointer_token(key), changes);
    }
  } else if (before.is_array() && after.is_array() && before.size() == after.size()) {
    for (std::size_t i = 0; i < before.size(); ++i) {
      append_changes(before[i], after[i], path + "/" + std::to_string(i), changes);
    }
  } else if (before.type() != after.type() ? !(before.is_number() && after.is_number() && before == after)
                                           : before != after) {
    changes.push_back(path);
  }
}

}  // namespace

std::string rollback_patch(const Rollout& rollout, const std::vector<Component>& components) {
  Json patch = tests_of(rollout, components);
  for (const Component component : components) patch.push_back(operation("replace", percent_path(component), 0));
  return patch.dump();
}

std::string step_patch(const Rollout& rollout, Component component, std::optional<int> to) {
  Json patch = tests_of(rollout, {component});
  const ComponentRollout* canary = rollout.find(component);
  // A rollback must not wait for a newer revision; a step forward must not hand it the share.
  if (canary != nullptr && canary->latest_ready != canary->latest_rolledout) {
    patch.push_back(operation("test",
                              std::string("/status/components/") + name_of(component) + "/latestCreatedRevision",
                              name_or_null(canary->latest_created)));
  }
  if (to) {
    patch.push_back(operation("replace", percent_path(component), *to));
  } else {
    patch.push_back({{"op", "remove"}, {"path", percent_path(component)}});
  }
  return patch.dump();
}

bool passes_same_tests(const Rollout& seen, const Rollout& now) {
  return seen.uid == now.uid && seen.generation == now.generation &&
         std::equal(seen.components.begin(), seen.components.end(), now.components.begin(), now.components.end(),
                    [](const ComponentRollout& a, const ComponentRollout& b) {
                      return a.raw_percent == b.raw_percent && a.latest_ready == b.latest_ready &&
                             a.latest_rolledout == b.latest_rolledout && a.latest_created == b.latest_created &&
                             a.previous_rolledout == b.previous_rolledout;
                    });
}

Result<std::vector<std::string>> changed_beyond_traffic(std::string_view before_json, std::string_view after_json) {
  const Result<Document> before = Document::parse(before_json, {});
  if (!before) return fail(before.error());
  const Result<Document> after = Document::parse(after_json, {});
  if (!after) return fail(after.error());
  if (!before->json().is_object() || !after->json().is_object()) return fail(Error::invalid("expected a JSON object"));
  std::vector<std::string> changes;
  append_changes(before->json(), after->json(), "", changes);
  return changes;
}

}  // namespace canaryd::traffic
