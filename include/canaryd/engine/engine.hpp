#pragma once

#include <functional>
#include <memory>

#include "canaryd/alert/notification.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/command.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/kube/api.hpp"
#include "canaryd/kube/watch.hpp"
#include "canaryd/prometheus/client.hpp"

namespace canaryd::engine {

// The shell around policy::decide_rollback and decide_advance: reads, records the intent, patches, records the outcome,
// confirms. Everything it is given must outlive it. Safe from any thread.
class Engine {
 public:
  // `prometheus` is nullptr where none is configured: then the gate's answer is always unknown.
  Engine(Settings settings, Rules rules, kube::KubeApi& api, prometheus::Client* prometheus, audit::AuditLog& log,
         const Clock& clock, Logger& logger, Metrics& metrics);
  ~Engine();  // stops
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Where the watch puts what it sees; to be connected before `start`.
  kube::ObjectSink& sink();
  // `copies_are_fresh` says whether the watch's copies may be decided on. Starts the background work: confirmations,
  // settlements of what the audit log left open, rehearsals.
  void start(std::function<bool()> copies_are_fresh);
  void stop();  // ends the background work; a running receive() is not cut off

  // Decides about each alert of a notification and acts; answers when all is recorded, within the delivery's deadline.
  Answer receive(alert::Notification notification, const Delivery& delivery);

  // What a person asks for, through the same guards and into the same record; within the command's deadline.
  CommandAnswer execute(const Command& command);
  // The canaries in flight in these namespaces (all when empty), and what would hold each.
  std::vector<RolloutRow> rollouts(const std::vector<Namespace>& namespaces) const;

  void replace_rules(Rules rules);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd::engine
