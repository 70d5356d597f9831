#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/strong.hpp"

namespace canaryd::traffic {

// Effective deployment mode: status.deploymentMode, else the annotation serving.kserve.io/deploymentMode, else unknown
// (the cluster's default, which the object does not tell). Legacy names are read as today's.
enum class Mode : std::uint8_t { knative, standard, model_mesh, unknown };

enum class Component : std::uint8_t { predictor, transformer, explainer };
const char* name_of(Component component);  // "predictor"
std::optional<Component> component_from(const std::string& name);

// One entry of status.components.<c>.traffic.
struct TrafficShare {
  Revision revision;
  int percent = 0;  // as written; a nonsense value is not a Percent
  std::string tag;  // "prev", "latest" or empty
  auto operator<=>(const TrafficShare&) const = default;
};

// A status condition as Kubernetes writes it: "True", "False", "Unknown"; absent when it is not there.
enum class ConditionStatus : std::uint8_t { absent, is_true, is_false, unknown };
struct Condition {
  ConditionStatus status = ConditionStatus::absent;
  std::string reason;
  std::string message;  // cut at 256 bytes
  auto operator<=>(const Condition&) const = default;
};

// One component of an InferenceService in Knative mode. An empty revision is an absent field.
struct ComponentRollout {
  Component component = Component::predictor;
  std::optional<Percent> percent;           // spec.<c>.canaryTrafficPercent
  std::optional<std::int64_t> raw_percent;  // as written; differs from `percent` only when outside 0..100
  Revision latest_created;
  Revision latest_ready;      // the canary, while one is in flight
  Revision latest_rolledout;  // the stable one
  Revision previous_rolledout;
  std::vector<TrafficShare> traffic;
  Condition route;                        // PredictorRouteReady, TransformerRouteReady, ExplainerRoutesReady
  Condition ready;                        // PredictorReady, TransformerReady, ExplainerReady
  std::string percent_manager;            // managedFields' manager that owns the percent, empty when none
  std::optional<WallTime> percent_since;  // the time of that entry (1 s resolution)
  // The entry holds nothing but canaryTrafficPercent fields. Otherwise its time may be that of any other field which
  // the same manager changed.
  bool percent_entry_exclusive = false;

  // The canary's and another revision's share in status, summed (a revision may stand there twice).
  int share_of(const Revision& revision) const;
  // A canary is in flight: the field is present, and latestReady is not latestRolledout, which is not empty
  // (facts: with none in flight a patch rolls the STABLE revision back).
  bool canary_in_flight() const;
  auto operator<=>(const ComponentRollout&) const = default;
};

// What canaryd keeps of an InferenceService: about 1 kB instead of its 7 kB of JSON and more.
struct Rollout {
  Target target;
  Uid uid;
  std::int64_t generation = 0;
  std::string resource_version;
  std::optional<WallTime> created;  // metadata.creationTimestamp
  Mode mode = Mode::unknown;
  bool deleting = false;                      // metadata.deletionTimestamp is set
  std::map<std::string, std::string> labels;  // for the policies' selectors; kube's own bookkeeping labels included
  std::vector<ComponentRollout> components;   // those that spec has, in the order of Component

  const ComponentRollout* find(Component component) const;
};

// A Knative Revision, as far as a decision needs it.
struct RevisionFacts {
  Revision name;
  std::optional<WallTime> created;
  ConditionStatus ready = ConditionStatus::absent;
  std::string ready_reason;
  std::string ready_message;            // cut at 256 bytes
  std::optional<WallTime> ready_since;  // lastTransitionTime of Ready
};

}  // namespace canaryd::traffic
