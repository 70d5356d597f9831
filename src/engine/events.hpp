#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/kube/api.hpp"
#include "canaryd/policy/reason.hpp"
#include "said_once.hpp"
#include "token_bucket.hpp"

namespace canaryd::engine {

// Kubernetes Events on the InferenceServices: `kubectl describe` shows the story. A convenience, never a record: what
// cannot be written is given up after ten minutes, and nothing waits for it. The same reason on the same object within
// ten minutes is one Event that counts; each service may cost ten writes and then one a minute, all together a hundred
// and then five a second. Safe from any thread; `write` from one at a time.
class Events {
 public:
  // Exports canaryd_events_total{result="written|failed|dropped"} and canaryd_events_waiting.
  Events(const Settings& settings, kube::KubeApi& api, const Clock& clock, Logger& logger, Metrics& metrics);

  // Queues one Event; never blocks on the API server. `message` is one English sentence; text from outside in it is
  // made safe here.
  void say(const Target& target, const Uid& uid, bool warning, policy::Reason reason, const std::string& message);
  // Writes what is queued and allowed now, until the deadline at most; called each second by the chores.
  void write(SteadyTime deadline);

 private:
  // What makes two the same Event.
  struct Key {
    Target target;
    Uid uid;
    policy::Reason reason;
    bool warning;
    auto operator<=>(const Key&) const = default;
  };
  struct Waiting {
    Key key;
    std::string name;  // of the Event, should it be a new one: the same at each try, so that none is made twice
    std::string message;
    WallTime first;
    WallTime last;
    std::int64_t count = 1;
    SteadyTime since;
  };
  struct Written {
    std::string name;
    WallTime first;
    std::int64_t count = 0;
    SteadyTime at;
  };
  enum class Sent : std::uint8_t { done, failed, later };

  std::deque<Waiting>::iterator find_waiting(const Key& key);
  std::optional<Waiting> take_next(SteadyTime now);
  Sent send(const Waiting& waiting, SteadyTime deadline);
  Sent judged(const Waiting& waiting, const Error& error);
  void put_back(Waiting waiting);
  void drop_old(SteadyTime now);
  void count() { waits_.set(static_cast<double>(waiting_.size())); }
  static bool is_urgent(const Key& key);
  bool allowed(const Target& target, SteadyTime now);

  const Settings& settings_;
  kube::KubeApi& api_;
  const Clock& clock_;
  Logger& logger_;
  Counter written_total_;
  Counter failed_;
  Counter dropped_;
  Gauge waits_;
  SaidOnce complaints_;

  mutable std::mutex mutex_;
  std::deque<Waiting> waiting_;  // in the order in which they were first said
  std::map<Key, Written> written_;
  std::map<Target, TokenBucket> buckets_;
  TokenBucket overall_;
  SteadyTime paused_until_;
  bool complained_ = false;  // about the API server, since it last took one
};

}  // namespace canaryd::engine
