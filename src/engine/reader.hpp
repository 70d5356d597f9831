#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/kube/api.hpp"
#include "canaryd/policy/decide.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "store.hpp"

namespace canaryd::engine {

// One version of an object, and where it came from.
struct Reading {
  traffic::Rollout rollout;
  std::string json;  // as the API server sent it; empty for a copy of the watch
  bool from_watch = false;
};

// Reads objects: the watch's copy where it may be trusted, else the API server. Safe from any thread.
class Reader {
 public:
  Reader(kube::KubeApi& api, RolloutStore& store, const Clock& clock);

  void trust_copies_when(std::function<bool()> copies_are_fresh);

  // The watch's copy, or a fresh read where there is none or it is doubtful.
  Result<Reading> copy_or_fresh(const Target& target, SteadyTime deadline);
  Result<Reading> fresh(const Target& target, SteadyTime deadline);

  // A version that a patch's answer brought.
  void learned(const traffic::Rollout& rollout);

  // A copy is good enough to refuse on when a fresh read gave the same version a moment (5 s) ago. To act on a copy
  // needs no such proof: the patch's own tests are.
  bool proven(const Reading& reading) const;

  // The object as it was last read, when that was this generation; empty when there is none.
  std::string last_json(const traffic::Rollout& copy) const;

  // Whether the watch's copy has a canary to take to 0: such targets come first, since acting needs no read.
  bool looks_exposed(const Target& target) const;

  // A Knative Revision, read now; and as it was last read, less than a minute ago.
  Result<traffic::RevisionFacts> revision(const Namespace& ns, const Revision& name, SteadyTime deadline);
  std::optional<traffic::RevisionFacts> known_revision(const Namespace& ns, const Revision& name) const;

  // What the object does not say and `decide` wants to know of it.
  policy::Circumstances circumstances(const traffic::Rollout& rollout, bool unattributed, bool stopped,
                                      SteadyTime deadline);

 private:
  std::optional<WallTime> full_since(const traffic::Rollout& rollout, const traffic::ComponentRollout& component) const;
  WallTime traffic_since(const traffic::Rollout& rollout, const traffic::ComponentRollout& component,
                         SteadyTime deadline);

  kube::KubeApi& api_;
  RolloutStore& store_;
  const Clock& clock_;
  std::function<bool()> copies_are_fresh_;
  void keep_json(const traffic::Rollout& rollout, const std::string& body);

  struct Body {
    Uid uid;
    std::int64_t generation = 0;
    std::string json;
  };
  struct Proof {
    std::string resource_version;
    SteadyTime at;
  };
  mutable std::mutex mutex_;
  std::map<Target, Body> bodies_;   // of canaries with traffic; bounded
  std::map<Target, Proof> proofs_;  // bounded: old ones are dropped when there are many
  struct SeenRevision {
    traffic::RevisionFacts facts;
    SteadyTime at;
  };
  std::map<std::pair<Namespace, Revision>, SeenRevision> revisions_;  // bounded, likewise
};

}  // namespace canaryd::engine
