#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/delivery.hpp"
#include "canaryd/policy/reason.hpp"

namespace canaryd::engine {

// Whether a rollback that ended with this reason may still be wanted: the reason can end without a new delivery.
bool stays_open(policy::Reason reason);

// Rollbacks that were asked for and could not be done yet. They are decided again when the reason may have ended, until
// they are done, refused, resolved, or not delivered again for five minutes. In memory only: after a restart
// Alertmanager's next repeat brings them back. Bounded: at 10,000 alerts the one delivered longest ago is given up.
// Safe from any thread.
class OpenRollbacks {
 public:
  OpenRollbacks(const Clock& clock, Metrics& metrics);  // exports canaryd_rollbacks_open: services

  // A rollback of a firing alert with a target ended with a reason that stays open. Of one that due() has handed out
  // this is the answer, and no new delivery.
  void keep(const alert::Signal& signal, const Delivery& delivery, policy::Reason reason);
  // It was done or refused, or the alert is resolved. One that began later stays.
  void settled(const alert::Signal& signal);

  // What is to be decided again: the alerts of one service that one client brought, in its name.
  struct Due {
    Target target;
    Delivery delivery;  // the deadline is 8 s after `now`
    std::vector<alert::Signal> signals;
  };
  // At most `most` services, those that have waited longest first; each again 5 s later, then 10, 20, 40, 60 while the
  // reasons stay what they are. Those that are too old are given up.
  std::vector<Due> due(SteadyTime now, std::size_t most = 16);

  // The reason may have ended (the object changed; the stop was lifted, the API server is back): due at once, though
  // never sooner than 1 s after the last time, and 5 s after it where the poke came while it was being decided.
  void poke(const Target& target);
  void poke_all();

  std::size_t services() const;

 private:
  struct Entry {
    alert::Signal signal;
    Delivery delivery;
    policy::Reason reason = policy::Reason::conflict;
    SteadyTime delivered;
    bool handed_out = false;
  };
  struct Service {
    std::map<std::string, Entry> by_fingerprint;
    SteadyTime next;
    std::chrono::seconds pause{0};  // after the next time
    std::optional<SteadyTime> last;
  };
  using Services = std::map<Target, Service>;

  void give_up_old(SteadyTime now);
  void make_room();
  void erase(Services::iterator service, const std::string& fingerprint);
  static void poke(Service& service, SteadyTime now);
  static void hand_out(const Target& target, Service& service, SteadyTime now, std::vector<Due>& out);

  const Clock& clock_;
  Gauge open_;
  mutable std::mutex mutex_;
  Services services_;
  std::size_t entries_ = 0;
};

}  // namespace canaryd::engine
