#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/kube/api.hpp"
#include "canaryd/policy/reason.hpp"
#include "canaryd/traffic/rollout.hpp"
#include "reader.hpp"

namespace canaryd::engine {

// When a canary is first seen, its rollback is tried with dryRun=All: a denial by admission, a missing permission, or a
// webhook that would change more than the traffic is known before the worst minute. One thread's (the background's),
// but for series().
class Rehearsal {
 public:
  // `wanted` says whether a policy would roll this service back at all.
  Rehearsal(const Settings& settings, kube::KubeApi& api, Reader& reader,
            std::function<bool(const traffic::Rollout&)> wanted, const Clock& clock, Metrics& metrics);

  // Rehearses what is new in this copy; nullopt when there is nothing new or it has to be tried again later.
  std::optional<audit::Record> look_at(const traffic::Rollout& rollout);
  void forget(const Target& target);

  // canaryd_rollback_rehearsed: how the last rehearsal of each canary in flight ended. Safe from any thread.
  MetricFamily series() const;

 private:
  struct Last {
    std::string canaries;
    policy::Reason reason = policy::Reason::rehearsed;
    bool passed = false;
  };
  std::optional<audit::Record> rehearse(const traffic::Rollout& copy, const std::string& canaries);
  Last remember(const Target& target, const std::string& canaries, policy::Reason reason);  // returns the former
  bool has_passed(const Target& target, const std::string& canaries) const;
  bool tells_something(const Reading& reading, const Error& error, SteadyTime deadline);

  const Settings& settings_;
  kube::KubeApi& api_;
  Reader& reader_;
  const std::function<bool(const traffic::Rollout&)> wanted_;
  const Clock& clock_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  std::map<Target, Last> rehearsed_;
};

}  // namespace canaryd::engine
