#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/kube/api.hpp"

namespace canaryd::engine {

struct WitnessSettings {
  Namespace ns;
  std::string config_map;     // its name; created when absent
  std::string key;            // of this log alone, of [-._a-zA-Z0-9]
  std::string field_manager;  // "canaryd/<instance>"
};

// Keeps the newest checkpoint of the audit log in a ConfigMap, where who can write the log's volume cannot reach it.
// Nothing waits for it: offers are taken at once, the newest wins, and they are written by another thread, at most one
// in ten seconds. A failure is logged when it begins, counted, and tried again. A checkpoint that is there already and
// that this log contradicts (a longer log, another root of the same size) is never replaced: somebody changed the log.
class Witness {
 public:
  Witness(WitnessSettings settings, kube::KubeApi& api, const Clock& clock, Logger& logger, Metrics& metrics);
  Witness(const Witness&) = delete;
  Witness& operator=(const Witness&) = delete;

  void offer(const std::string& note);  // safe from any thread
  void turn();                          // for one thread, about once a second
  void flush();                         // what waits, now; after the last turn

 private:
  std::optional<std::string> take();
  void write(const std::string& note, std::chrono::seconds within);
  Status try_write(const std::string& note, SteadyTime deadline);
  static Result<bool> goes_behind(const std::string& there, const std::string& note);

  const WitnessSettings settings_;
  kube::KubeApi& api_;
  const Clock& clock_;
  Logger& logger_;
  Counter failures_;
  Gauge in_order_;
  std::string complaint_;  // the turning thread's, as the next
  SteadyTime next_;
  std::mutex mutex_;
  std::optional<std::string> waiting_;  // guarded by mutex_
};

}  // namespace canaryd::engine
