#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"

// What KServe and Knative do with one component of an InferenceService: the oracle. Written from the observed
// transitions alone (docs/kserve.md has the table, kserve_model_test.cpp walks it), and sharing nothing with canaryd or
// its sandbox.
namespace canaryd::property {

using Json = nlohmann::json;

struct ModelRevision {
  enum class State : std::uint8_t { starting, ready, failed };
  std::string name;
  State state = State::starting;
  bool deleted = false;
  bool sick = false;  // the truth about the model in it
  WallTime created;
  WallTime changed;  // when its Ready condition last changed
};

struct ModelShare {
  std::string revision;
  std::int64_t percent = 0;
  bool latest = false;  // the target `latestRevision: true`
  bool operator==(const ModelShare&) const = default;
};

// The Knative Service behind a component, and what KServe remembers in the status.
struct KnativeModel {
  std::string component;  // "predictor"
  std::string template_text;
  std::vector<ModelRevision> revisions;  // oldest first
  std::vector<ModelShare> wanted;        // spec.traffic of the Knative Service
  std::vector<ModelShare> traffic;       // what is routed, without the `latest` names left open
  std::string latest_created;
  std::string latest_ready;
  std::string route;  // "True", "Unknown", "False"
  std::string route_reason;
  std::string rolledout;
  std::string previous_rolledout;

  bool next_starts = true;  // whether a new revision becomes Ready by itself
  bool next_sick = false;   // whether the model applied next is bad

  const ModelRevision* find(const std::string& name) const;
  ModelRevision* find(const std::string& name);
};

// One round of both controllers over the object as it stands: reads spec, writes status. True when anything changed.
bool reconcile(KnativeModel& knative, Json& object, WallTime now);

// A time of the API server: whole seconds.
std::string api_time(WallTime time);

// A Knative Revision as the API server shows it.
std::string revision_json(const ModelRevision& revision);

}  // namespace canaryd::property
