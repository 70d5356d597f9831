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

struct RevisionState {
  std::string name;
  bool ready = true;
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
  std::string route_problem;   // empty: the route is ready
  bool operator==(const KnativeService&) const = default;

  const RevisionState* find(const std::string& revision) const;
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
  bool next_ready = true;  // whether a revision made now comes up Ready
};

// Runs KServe's and Knative's reconcilers in turn until nothing changes (facts observed on KServe's own code: the table
// of transitions in docs/sandbox.md). Pure.
void reconcile(const ComponentWish& wish, KnativeService& knative, Rolledout& rolledout);

}  // namespace canaryd::sandbox
