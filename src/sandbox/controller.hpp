#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "canaryd/base/clock.hpp"
#include "model_traffic.hpp"
#include "objects.hpp"
#include "service_status.hpp"

namespace canaryd::sandbox {

// How the next revision of a component comes up.
struct NextRevision {
  bool ready = true;
  std::optional<Deployment> deployment;
};

// Plays KServe's and Knative's controllers: follows writes after a delay, in a thread of its own. Safe from any thread.
class Controller {
 public:
  Controller(Objects& objects, ModelTraffic& traffic, const Clock& clock, std::chrono::milliseconds delay);
  ~Controller();
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;

  void start();
  void stop();

  // A service changed: it is reconciled after the delay, or when the pause ends.
  void enqueue(const Key& service);
  void set_delay(std::chrono::milliseconds delay);
  void set_paused(bool paused);

  void reconcile_now(const Key& service);
  void set_next(const Key& service, const std::string& component, NextRevision next);
  // False when there is no such revision. Its service is reconciled after the delay.
  bool set_ready(const Key& revision, bool ready);
  bool has_revision(const Key& revision) const;
  bool revision_ready(const Key& revision) const;

  // `to` is a copy of `from` in which each occurrence of its name is replaced: bulk loading.
  void adopt(const Key& from, const Key& to);

 private:
  using Components = std::map<std::string, KnativeService>;

  void run();
  void forget(const Key& service);
  void reconcile_component(const Key& service, const Json& object, const std::string& component,
                           ComponentStatus& status);
  void publish_revisions(const Key& service, const std::string& component, const KnativeService& knative);
  const RevisionState* find_revision(const Key& revision, Key* service) const;
  std::string now_text() const;

  Objects& objects_;
  ModelTraffic& traffic_;
  const Clock& clock_;

  mutable std::mutex mutex_;  // of the states; held while one service is reconciled
  std::map<Key, Components> states_;
  std::map<std::pair<Key, std::string>, NextRevision> next_;

  std::mutex queue_mutex_;
  std::condition_variable queued_;
  std::map<Key, SteadyTime> queue_;
  std::chrono::milliseconds delay_;
  bool paused_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace canaryd::sandbox
