#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "model_server.hpp"
#include "reconcile.hpp"
#include "resource.hpp"

namespace canaryd::sandbox {

// The pods of one revision, as Knative's Deployment makes them.
struct Deployment {
  std::int64_t pods = 1;
  Behaviour behaviour;  // of each
};

// A pod as the cluster shows it.
struct Pod {
  Key service;
  std::string component;
  std::string revision;
  std::string name;
  bool ready = true;
};

// The simulated requests of all services and the pods that answer them. A service's requests are split by the routed
// percentages, a revision's evenly among those of its pods that live. Time is the clock's. Safe from any thread.
class ModelTraffic {
 public:
  explicit ModelTraffic(const Clock& clock) : clock_(clock) {}

  void set_rate(const Key& service, double requests_per_second);
  // The split that is really routed; an empty one: the component is gone.
  void set_split(const Key& service, const std::string& component, const std::vector<Share>& traffic);
  // By the revision's namespace and name; it may not exist yet. Each of its pods behaves so from now on.
  void set_deployment(const Key& revision, const Deployment& deployment);
  Deployment deployment(const Key& revision) const;

  // The pods that there are: those of every revision in a traffic block, at 0 % too.
  std::vector<Pod> pods() const;
  // Of a pod that there is, by namespace and name; nullopt or false when there is none.
  std::optional<Behaviour> behaviour(const Key& pod) const;
  bool set_behaviour(const Key& pod, const Behaviour& behaviour);
  // What it answers to a scrape.
  std::optional<std::string> metrics(const Key& pod);

 private:
  struct Service {
    double requests_per_second = 0;
    std::map<std::string, std::vector<Share>> splits;  // by component
  };
  struct Revision {
    Deployment deployment;
    std::vector<ModelServer> servers = std::vector<ModelServer>(1);
    std::optional<Pod> pod;  // what its pods have in common, while it is in a traffic block
  };
  struct Place {
    Key revision;
    std::size_t number;
  };

  void advance();
  void serve(const Key& revision, double requests);
  std::optional<Place> find(const Key& pod) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  SteadyTime last_ = clock_.steady();
  std::map<Key, Service> services_;
  std::map<Key, Revision> revisions_;
};

}  // namespace canaryd::sandbox
