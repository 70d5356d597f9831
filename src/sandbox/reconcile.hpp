#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace canaryd::sandbox {

// One target of a Knative Service's traffic block: in spec `revision` is empty for the latest ready one.
struct Share {
  std::string revision;
  std::int64_t percent = 0;
  std::string tag;
  bool latest = false;
  bool operator==(const Share&) const = default;
};

// A condition's status as Kubernetes has it.
enum class Truth : std::uint8_t { yes, no, unknown };

// A revision's condition Ready.
struct Health {
  Truth ready = Truth::yes;
  std::string reason;  // of a revision that is not ready, and the message
  std::string message;
  bool operator==(const Health&) const = default;
};
// With the reason that Knative gives to a crashing container, or to one that is still starting.
Health health_of(Truth ready);

struct RevisionState {
  std::string name;
  Health health;
  bool deleted = false;  // its number is not given again
  bool operator==(const RevisionState&) const = default;
};

// What Knative keeps of one component's Service.
struct KnativeService {
  std::string template_text;             // what revisions are made from; a change makes a new one
  int generation = 0;                    // the Service's: status.observedGeneration of the InferenceService shows it
  std::vector<RevisionState> revisions;  // oldest first
  std::string latest_created;
  std::string latest_ready;
  std::vector<Share> targets;  // accepted spec.traffic
  std::vector<Share> traffic;  // status.traffic: what is really routed
  std::string route_problem;   // empty: all targets are assigned
  bool route_failed = false;   // the problem is a failure, not a wait
  bool operator==(const KnativeService&) const = default;

  const RevisionState* find(const std::string& revision) const;  // nullptr: there is none, or it was deleted
};

// What KServe keeps of one component in the InferenceService's status.
struct Rolledout {
  std::string latest;
  std::string previous;
  bool operator==(const Rolledout&) const = default;
};

// What the InferenceService asks for.
struct ComponentWish {
  std::string service;  // "iris-predictor"
  std::string template_text;
  std::optional<std::int64_t> percent;  // canaryTrafficPercent
  bool tag_routing = false;
  Health next;  // how a revision made now comes up
};

// Runs KServe's and Knative's reconcilers in turn until nothing changes (facts observed on KServe's own code: the table
// of transitions in docs/sandbox.md). Pure.
void reconcile(const ComponentWish& wish, KnativeService& knative, Rolledout& rolledout);

}  // namespace canaryd::sandbox
