#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "alerts.hpp"
#include "ledger.hpp"
#include "model_cluster.hpp"
#include "model_prometheus.hpp"
#include "oracle.hpp"
#include "story.hpp"
#include "subject.hpp"
#include "surroundings.hpp"

namespace canaryd::property {

struct World;
// Makes one replica of what is tried. It lives as long as the world.
using MakeSubject = std::function<std::unique_ptr<Subject>(World& world, std::size_t replica)>;

// One story's world: the models, the replicas of canaryd, and the oracle that watches them.
struct World {
  World(const Story& story, const MakeSubject& make);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  Setup setup;
  std::string stop_file;  // a path of this world alone
  ManualClock clock;
  ModelCluster cluster{clock};
  ModelPrometheus prometheus{clock, cluster};
  Surroundings around;
  Oracle oracle{setup, clock, cluster, prometheus, around};
  std::vector<std::unique_ptr<Subject>> replicas;
  std::vector<std::string> told;  // what happened, in lines
  bool controllers_lag = false;
  std::vector<alert::Alert> sent;  // for replays; bounded

  void tell(const std::string& line);
  void pass(std::chrono::milliseconds time);  // with all that goes on meanwhile
  void settle();                              // controllers and watches do their work
  Answered deliver(std::size_t replica, const std::vector<alert::Alert>& alerts);
  Answered ask(std::size_t replica, const Ask& ask);
  void restart(std::size_t replica);
  void die_if_due(std::size_t replica);
  void set_stop_file(bool there);
  void set_percent(const std::string& service, const std::string& component, std::optional<std::int64_t> percent,
                   const std::string& manager);
  void edit_state(const std::string& key, const std::optional<std::string>& value);
  void read_records();
  void handle(std::optional<Handling> handling);

  std::vector<Said> said;  // all records of all replicas
  Ledger ledger;
};

// Carries out one step of a story.
void perform(World& world, const Step& step);

// After the last step the disturbances end. Then a healthy canary must get to the end, and a sick one to 0 or to a
// page.
void check_ending(World& world);

}  // namespace canaryd::property
