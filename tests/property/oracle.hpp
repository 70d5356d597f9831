#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "model_cluster.hpp"
#include "model_prometheus.hpp"
#include "setup.hpp"
#include "surroundings.hpp"

namespace canaryd::property {

// The truth about what canaryd may do and must do, reckoned from the model alone. It keeps the broken rules; the first
// one ends a story. Safe from any thread: it takes the cluster's mutex.
class Oracle {
 public:
  Oracle(const Setup& setup, const ManualClock& clock, const ModelCluster& cluster, const ModelPrometheus& prometheus,
         const Surroundings& around);

  // Told by the world.
  void delivered(std::size_t replica, const std::vector<alert::Alert>& alerts);
  void restarted(std::size_t replica);
  void person_changed(const std::string& service, const ServiceLook& before);  // a percent, by another manager
  void person_wrote_state(const std::string& key, bool is_there);
  void released(const std::string& service);  // empty: all
  void looked();                              // the status may have changed
  // Each write of canaryd into an InferenceService.
  void wrote(const Write& write);
  // After a notification was answered.
  void answered(std::size_t replica, const std::vector<alert::Alert>& alerts, const Answered& answer);
  // Rollbacks that were asked for, could not be done, and are still wanted: they must follow by themselves.
  std::vector<std::pair<std::string, Look>> open_rollbacks() const;
  // The share is canaryd's, and was given to another revision.
  bool is_inherited(const std::string& service, const Look& look) const;
  void broken(std::string rule, std::string text);

  std::vector<Violation> violations() const;
  std::size_t rises() const { return rises_; }
  std::size_t rollbacks() const { return rollbacks_; }
  std::size_t promotions() const { return promotions_; }

  // What keeps a service where it is by a person's will, or the ConfigMap's.
  bool is_stopped() const;
  bool may_count_as_stopped() const;  // replicas read the ConfigMap every few seconds
  bool is_held(const std::string& service) const;
  bool is_quarantined(const std::string& service, const std::string& revision) const;
  bool is_lowered(const std::string& service, const Look& look) const;

 private:
  struct Shown {  // since when status shows this revision at this share
    std::string revision;
    std::int64_t percent = -1;
    SteadyTime since;
    SteadyTime percent_written;
  };
  struct Heard {
    std::string service;
    std::optional<std::string> revision;
    WallTime starts_at;
    SteadyTime at;
  };
  struct Open {
    std::string service;
    std::string revision;
    SteadyTime at;
  };
  struct Rise;

  void check_shape(const Write& write);
  void check_outcome(const Write& write, const Look& before, const Look& after);
  void check_fall(const Write& write, const Look& before, const Look& after);
  void check_restart(const Write& write, const Look& before, const Look& after);
  void check_rise(const Write& write, const Look& before, const Look& after);
  void check_dwell(const Rise& rise);
  void check_state(const Rise& rise);
  void check_gate(const Rise& rise);
  void check_alerts(const Rise& rise);
  void check_done(std::size_t replica, const alert::Alert& alert, const Answered& answer, bool in_the_way,
                  std::size_t alerts);
  bool has_cause(const Write& write) const;
  bool holds(const std::map<std::string, std::string>& data, const std::string& key) const;
  std::size_t replica_of(const std::string& manager) const;

  const Setup& setup_;
  const ManualClock& clock_;
  const ModelCluster& cluster_;
  const ModelPrometheus& prometheus_;
  const Surroundings& around_;
  std::vector<Violation> violations_;
  std::map<std::string, Shown> shown_;                          // by service/component
  std::vector<std::map<std::string, Heard>> heard_;             // of each replica, by fingerprint: bad ones that fire
  std::vector<std::map<std::string, SteadyTime>> rolled_back_;  // of each replica, by service
  std::vector<std::map<std::string, Open>> open_;               // of each replica, by fingerprint
  std::set<std::string> quarantined_;                           // service/uid/revision, until released
  std::map<std::string, std::string> lowered_;                  // service/component -> revision
  std::map<std::string, std::string> percent_of_;               // service/component -> revision when canaryd wrote it
  std::map<std::string, SteadyTime> state_since_;               // keys of the ConfigMap
  std::set<std::string> risen_;                                 // in the notification that is handled
  SteadyTime stop_ended_;
  std::size_t rises_ = 0;
  std::size_t rollbacks_ = 0;
  std::size_t promotions_ = 0;
};

}  // namespace canaryd::property
