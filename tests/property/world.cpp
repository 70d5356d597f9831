#include "world.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "canaryd/base/time_text.hpp"

namespace canaryd::property {

namespace {

constexpr auto longest_answer = std::chrono::seconds(9);
constexpr std::array<const char*, 3> service_names{"iris", "wine", "boston"};

std::string own_path() {
  static std::atomic<int> worlds{0};
  return (std::filesystem::temp_directory_path() /
          ("canaryd-story-" + std::to_string(::getpid()) + "-" + std::to_string(++worlds)))
      .string();
}

// What was acknowledged stands in the audit log: each alert that asks for something, once at least.
void check_recorded(World& w, std::size_t replica, const std::vector<alert::Alert>& alerts, const Answered& answer) {
  if (answer.status != 200 || w.said.empty() || w.around.dying) return;
  for (const auto& alert : alerts) {
    if (w.ledger.tells_of(w.replicas[replica]->manager(), alert.fingerprint)) continue;
    w.oracle.broken("a decision that stands in no record", text_of(alert));
  }
}

}  // namespace

World::World(const Story& story, const MakeSubject& make) : setup(story.setup), stop_file(own_path()) {
  clock.pass(std::chrono::hours(1));
  for (int i = 0; i < setup.services; ++i) {
    cluster.create_service(service_names[static_cast<std::size_t>(i)], setup.transformer && i == 0);
  }
  clock.pass(std::chrono::seconds(5));
  cluster.reconcile_all();
  cluster.edit_state("", std::nullopt);
  cluster.before_patch = [this](const kube::PatchRequest& request) {
    for (const auto& replica : replicas) {
      if (replica->manager() != request.field_manager || replica->has_intent_of(request.body)) continue;
      oracle.broken("a patch without an intent on disk", request.body);
    }
  };
  cluster.after_write = [this](const Write& write) {
    oracle.wrote(write);
    read_records();
    ledger.wrote(write);
    for (const auto& look : write.after.components) {
      const Look& before = write.before.of(look.component);
      if (before.percent == look.percent) continue;
      tell("  " + write.manager + " writes " + (look.percent ? std::to_string(*look.percent) : std::string("no")) +
           " percent for " + look.ready);
    }
  };
  for (std::size_t i = 0; i < static_cast<std::size_t>(setup.replicas); ++i) {
    around.replicas.push_back({"", clock.steady(), true});
    replicas.push_back(make(*this, i));
    around.replicas[i].manager = replicas[i]->manager();
  }
  for (std::size_t i = 0; i < replicas.size(); ++i) restart(i);
  told.clear();
  settle();
}

World::~World() {
  replicas.clear();
  std::remove(stop_file.c_str());
}

void World::handle(std::optional<Handling> handling) {
  const std::lock_guard lock(cluster.mutex());
  around.handling = std::move(handling);
}

void World::tell(const std::string& line) {
  const std::lock_guard lock(cluster.mutex());
  const auto minutes = std::chrono::duration_cast<std::chrono::seconds>(clock.passed()).count();
  char time[32];
  std::snprintf(time, sizeof time, "%3lld:%02lld:%02lld  ", static_cast<long long>(minutes / 3600),
                static_cast<long long>(minutes / 60 % 60), static_cast<long long>(minutes % 60));
  told.push_back(time + line);
}

// In pieces, so that what canaryd does every few seconds is done; long times in few of them.
void World::pass(std::chrono::milliseconds time) {
  constexpr int pieces = 6;
  for (int i = 0; i < pieces; ++i) {
    clock.pass(time / pieces);
    settle();
  }
  clock.pass(time - time / pieces * pieces);
}

void World::settle() {
  if (!controllers_lag) {
    cluster.reconcile_all();
    clock.pass(std::chrono::seconds(1));
    cluster.reconcile_all();
  }
  oracle.looked();
  for (std::size_t i = 0; i < replicas.size(); ++i) {
    if (!around.watch_lags && around.replicas[i].sees) replicas[i]->see();
    replicas[i]->work();
  }
  read_records();
}

Answered World::deliver(std::size_t replica, const std::vector<alert::Alert>& alerts) {
  std::string line;
  for (const auto& alert : alerts) {
    line += (line.empty() ? "" : " and ") + text_of(alert);
    if (sent.size() < 100) sent.push_back(alert);
  }
  tell((replicas.size() > 1 ? "replica " + std::to_string(replica) + " is told: " : "") + line);
  oracle.delivered(replica, alerts);
  around.raced = false;
  handle(Handling{replica, alerts, std::nullopt});
  const auto began = clock.steady();
  const auto answer = replicas[replica]->deliver(alerts);
  handle(std::nullopt);
  tell("  answered " + std::to_string(answer.status) + " " + answer.text);
  oracle.answered(replica, alerts, answer);
  if (clock.steady() - began > longest_answer) oracle.broken("an answer came too late", text_of(alerts[0]));
  read_records();
  check_recorded(*this, replica, alerts, answer);
  die_if_due(replica);
  return answer;
}

Answered World::ask(std::size_t replica, const Ask& ask) {
  std::string line = std::string("a person asks for ") + name_of(ask.verb) + " " +
                     (ask.service.empty() ? "of all" : "of " + ask.service);
  for (const auto reason : ask.overrides) line += " --override " + std::string(name_of(reason));
  tell(line);
  handle(Handling{replica, {}, ask});
  oracle.delivered(replica, {});
  const auto answer = replicas[replica]->ask(ask);
  handle(std::nullopt);
  if (ask.verb == Ask::Verb::release && answer.status == 200) oracle.released(ask.service);
  const bool stops = ask.verb == Ask::Verb::stop;
  if (answer.status == 200 && (stops || ask.verb == Ask::Verb::start)) oracle.person_wrote_state("stop", stops);
  tell("  answered " + std::to_string(answer.status) + " " + answer.text);
  read_records();
  die_if_due(replica);
  return answer;
}

void World::die_if_due(std::size_t replica) {
  if (around.dying != replica) return;
  tell("canaryd dies");
  around.dying.reset();
  restart(replica);
}

void World::restart(std::size_t replica) {
  tell("canaryd restarts" + (replicas.size() > 1 ? ", replica " + std::to_string(replica) : std::string()));
  read_records();
  oracle.restarted(replica);
  if (around.dying == replica) around.dying.reset();
  around.replicas[replica].started = clock.steady();
  around.replicas[replica].sees = true;
  ledger.restarted(replicas[replica]->manager());
  replicas[replica]->restart();
  replicas[replica]->list_anew();
}

void World::set_stop_file(bool there) {
  around.stop_file = there;
  tell(there ? "the stop file is made" : "the stop file is removed");
  if (there) {
    std::ofstream file(stop_file);
  } else {
    std::remove(stop_file.c_str());
  }
}

void World::set_percent(const std::string& service, const std::string& component, std::optional<std::int64_t> percent,
                        const std::string& manager) {
  const auto before = cluster.look(service);
  cluster.set_percent(service, component, percent, manager);
  tell("  " + manager + " sets " + component + " of " + service + " to " +
       (percent ? std::to_string(*percent) + " %" : std::string("no percent")));
  oracle.person_changed(service, before);
}

void World::edit_state(const std::string& key, const std::optional<std::string>& value) {
  tell("canaryd-state is edited: " + key + (value ? " = " + *value : " removed"));
  cluster.edit_state(key, value);
  oracle.person_wrote_state(key, value.has_value());
}

void World::read_records() {
  for (const auto& replica : replicas) {
    for (auto& record : replica->said()) {
      ledger.said(replica->manager(), record);
      said.push_back(std::move(record));
    }
  }
}

}  // namespace canaryd::property
