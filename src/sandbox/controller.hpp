#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "model_traffic.hpp"
#include "objects.hpp"
#include "service_status.hpp"

namespace canaryd::sandbox {

// How the next revision of a component comes up.
struct NextRevision {
  Health health;
  std::optional<std::chrono::milliseconds> ready_after;  // it turns Ready that long after it was made
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
  // Between status.traffic and the ingress: until then the route is not ready and the requests go the old way.
  void set_ingress_delay(std::chrono::milliseconds delay);
  void set_paused(bool paused);

  void reconcile_now(const Key& service);
  void set_next(const Key& service, const std::string& component, NextRevision next);
  // False when there is no such revision. Its service is reconciled after the delay.
  bool set_health(const Key& revision, const Health& health);
  std::optional<Health> health(const Key& revision) const;  // nullopt: there is no such revision

  // `to` is a copy of `from` in which each occurrence of its name is replaced: bulk loading.
  void adopt(const Key& from, const Key& to);

 private:
  // One component's Knative Service, and what follows it in time.
  struct Component {
    KnativeService knative;
    std::vector<Share> programmed;               // what the ingress routes
    std::optional<SteadyTime> programmed_at;     // when it will route knative.traffic
    std::map<std::string, SteadyTime> ready_at;  // revisions that turn Ready by themselves
    std::set<std::string> published;             // revisions whose object was made: one that is gone was deleted
    std::map<std::string, Deployment> deleted;   // the pods that they had
  };
  using Components = std::map<std::string, Component>;

  void run();
  void enqueue_at(const Key& service, SteadyTime due);
  void forget(const Key& service);
  void reconcile_component(const Key& service, const Json& object, const std::string& name, ComponentStatus& status);
  void program(Component& component);
  void enqueue_next(const Key& service);
  // controller_revisions.cpp
  void notice_deleted(const Key& service, Component& component);
  void turn_ready(Component& component);
  void publish_revisions(const Key& service, const std::string& name, Component& component);
  const RevisionState* find_revision(const Key& revision, Key* service) const;
  std::string now_text() const;

  Objects& objects_;
  ModelTraffic& traffic_;
  const Clock& clock_;

  mutable std::mutex mutex_;  // of the states; held while one service is reconciled
  std::map<Key, Components> states_;
  std::map<Key, std::string> uids_;  // another one: the service was deleted and made anew
  std::map<std::pair<Key, std::string>, NextRevision> next_;

  std::mutex queue_mutex_;
  std::condition_variable queued_;
  std::map<Key, SteadyTime> queue_;
  std::chrono::milliseconds delay_;
  std::chrono::milliseconds ingress_delay_{0};
  bool paused_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace canaryd::sandbox
