#include "rollout_reader.hpp"

#include <utility>

#include "shapes.hpp"

namespace canaryd::traffic {

Revision read_revision(const Field& field) {
  std::string name = field.text();
  if (!name.empty() && !is_dns_subdomain(name)) field.expected("the name of a Revision");
  return Revision(std::move(name));
}

ConditionStatus read_condition_status(const Field& field) {
  const std::string status = field.text();
  if (status == "True") return ConditionStatus::is_true;
  if (status == "False") return ConditionStatus::is_false;
  return ConditionStatus::unknown;
}

std::optional<Field> find_condition(const std::vector<Field>& conditions, std::string_view type) {
  for (const Field& condition : conditions) {
    if (condition["type"].text() == type) return condition;
  }
  return std::nullopt;
}

namespace {

constexpr std::size_t max_shares = 64;  // KServe writes two; Knative itself has no bound

Mode read_mode(const Field& root) {
  std::string mode = root["status"]["deploymentMode"].text();
  if (mode.empty()) mode = root["metadata"]["annotations"][mode_annotation].text();
  if (mode == "Knative" || mode == "Serverless") return Mode::knative;
  if (mode == "Standard" || mode == "RawDeployment") return Mode::standard;
  if (mode == "ModelMesh" || mode == "ModelMeshDeployment") return Mode::model_mesh;
  return Mode::unknown;
}

Condition read_condition(const std::vector<Field>& conditions, std::string_view type) {
  const std::optional<Field> found = find_condition(conditions, type);
  if (!found) return {};
  Condition condition;
  condition.status = read_condition_status((*found)["status"]);
  condition.reason = cut((*found)["reason"].text(), max_message);
  condition.message = cut((*found)["message"].text(), max_message);
  return condition;
}

std::vector<TrafficShare> read_shares(const Field& field) {
  const std::vector<Field> items = field.items();
  if (items.size() > max_shares) field.expected("at most " + std::to_string(max_shares) + " entries");
  std::vector<TrafficShare> shares;
  if (items.size() > max_shares) return shares;
  shares.reserve(items.size());
  for (const Field& item : items) {
    const std::int64_t percent = item["percent"].integer().value_or(0);
    if (!std::in_range<int>(percent)) item["percent"].expected("an integer of 32 bits");
    shares.push_back(
        {read_revision(item["revisionName"]), static_cast<int>(percent), std::string(cut(item["tag"].text(), 64))});
  }
  return shares;
}

// Who owns the percent, and since when. Several own it when they wrote the same value; the newest counts.
// Whether an entry's fields are canaryTrafficPercent of components and nothing else.
bool holds_percents_only(const Field& fields) {
  if (fields.keys() != std::vector<std::string>{"f:spec"}) return false;
  const Field spec = fields["f:spec"];
  for (const std::string& component : spec.keys()) {
    if (spec[component].keys() != std::vector<std::string>{"f:canaryTrafficPercent"}) return false;
  }
  return true;
}

void read_owner(const std::vector<Field>& managed, std::string_view component, ComponentRollout& out) {
  const std::string owned = "f:" + std::string(component);
  for (const Field& entry : managed) {
    if (!entry["fieldsV1"]["f:spec"][owned]["f:canaryTrafficPercent"].present()) continue;
    const std::string operation = entry["operation"].text();
    if ((operation != "Update" && operation != "Apply") || !entry["subresource"].text().empty()) continue;
    const std::optional<WallTime> time = entry["time"].time();
    // An absent time compares as the oldest.
    if (!out.percent_manager.empty() && time <= out.percent_since) continue;
    out.percent_manager = cut(entry["manager"].text(), 128);
    out.percent_since = time;
    out.percent_entry_exclusive = holds_percents_only(entry["fieldsV1"]);
  }
}

struct ComponentNames {
  Component component;
  std::string_view route_condition;
  std::string_view ready_condition;
};
// The names are KServe's own, the plural of the explainer's route included.
constexpr ComponentNames component_names[] = {
    {Component::predictor, "PredictorRouteReady", "PredictorReady"},
    {Component::transformer, "TransformerRouteReady", "TransformerReady"},
    {Component::explainer, "ExplainerRoutesReady", "ExplainerReady"},
};

ComponentRollout read_component(const Field& root, const ComponentNames& names, const std::vector<Field>& conditions,
                                const std::vector<Field>& managed) {
  const char* name = name_of(names.component);
  const Field status = root["status"]["components"][name];
  ComponentRollout out;
  out.component = names.component;
  out.raw_percent = root["spec"][name]["canaryTrafficPercent"].integer();
  if (out.raw_percent) out.percent = Percent::from(*out.raw_percent);
  out.latest_created = read_revision(status["latestCreatedRevision"]);
  out.latest_ready = read_revision(status["latestReadyRevision"]);
  out.latest_rolledout = read_revision(status["latestRolledoutRevision"]);
  out.previous_rolledout = read_revision(status["previousRolledoutRevision"]);
  out.traffic = read_shares(status["traffic"]);
  out.route = read_condition(conditions, names.route_condition);
  out.ready = read_condition(conditions, names.ready_condition);
  if (out.raw_percent) read_owner(managed, name, out);
  return out;
}

}  // namespace

void read_identity(const Field& metadata, Rollout& out) {
  out.target = {Namespace(metadata["namespace"].text()), ServiceName(metadata["name"].text())};
  if (!is_dns_label(out.target.ns.str())) metadata["namespace"].expected("the name of a namespace");
  if (!is_dns_label(out.target.name.str())) metadata["name"].expected("the name of an InferenceService");
  out.uid = Uid(metadata["uid"].text());
  if (out.uid.empty() || out.uid.str().size() > 128) metadata["uid"].expected("1 to 128 bytes");
  out.resource_version = metadata["resourceVersion"].text();
}

Rollout read_rollout(const Field& root) {
  Rollout out;
  const Field metadata = root["metadata"];
  read_identity(metadata, out);
  const std::string kind = root["kind"].text();
  if (!kind.empty() && kind != "InferenceService") root["kind"].expected("InferenceService");
  const std::optional<std::int64_t> generation = metadata["generation"].integer();
  if (!generation || *generation < 0) metadata["generation"].expected("an integer of 0 or more");
  out.generation = generation.value_or(0);
  out.created = metadata["creationTimestamp"].time();
  out.mode = read_mode(root);
  out.deleting = metadata["deletionTimestamp"].present();
  out.labels = metadata["labels"].texts();
  const std::vector<Field> conditions = root["status"]["conditions"].items();
  const std::vector<Field> managed = metadata["managedFields"].items();
  std::size_t count = 0;
  for (const ComponentNames& names : component_names) count += root["spec"][name_of(names.component)].present() ? 1 : 0;
  out.components.reserve(count);
  for (const ComponentNames& names : component_names) {
    if (!root["spec"][name_of(names.component)].present()) continue;
    out.components.push_back(read_component(root, names, conditions, managed));
  }
  return out;
}

}  // namespace canaryd::traffic
