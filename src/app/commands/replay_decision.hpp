#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/app/config.hpp"
#include "canaryd/policy/decide.hpp"
#include "replay_past.hpp"

namespace canaryd::app {

// One answer about one alert. Without a verdict nothing is decided: `reason` is "ignored" or "heartbeat".
struct Judgement {
  std::string action;
  std::string verdict;
  std::string reason;
  std::string step;    // "5 -> 10 %", or the components where a rollback takes several
  std::string detail;  // what the deciding guard says
  std::string text() const;
  bool same_as(const Judgement& other) const;
};

// An alert of the past, and what today's configuration makes of it.
struct Replayed {
  enum class Basis : std::uint8_t {
    record,     // all that it depends on is in the record
    assumed,    // a healthy canary is assumed where the past says nothing
    undecided,  // not even that would decide it
  };
  std::string where;
  WallTime at;
  std::string service;  // "ml/iris"
  std::string alert;    // its name
  std::optional<Judgement> then;
  Judgement now;
  Basis basis = Basis::record;
  std::string note;

  bool differs() const { return then && basis != Basis::undecided && !then->same_as(now); }
};

// Decides anew, by the code that decides in the daemon, about what the past knows. Asks no cluster and no Prometheus.
class Replay {
 public:
  explicit Replay(const Config& config) : config_(config) {}  // must outlive it
  std::vector<Replayed> decide(const PastDelivery& delivery) const;

 private:
  struct Answer {
    Judgement judgement;
    Replayed::Basis basis = Replayed::Basis::record;
    std::string note;
  };
  Answer answer(const PastAlert& past, const alert::Signal& signal, const std::vector<std::string>& bad_alerts) const;
  // What the labels of the service, which the past does not know, leave open.
  std::vector<const policy::Policy*> candidates(const PastAlert& past, const Target& target) const;
  Answer rollback(const PastAlert& past, const alert::Signal& signal, const policy::Policy* policy) const;
  Answer advance(const PastAlert& past, const alert::Signal& signal, const policy::Policy* policy,
                 const std::vector<std::string>& bad_alerts) const;
  bool in_scope(const std::string& actor, const Namespace& ns) const;

  const Config& config_;
};

}  // namespace canaryd::app
