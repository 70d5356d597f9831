#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/rules.hpp"
#include "confirmation.hpp"
#include "intent.hpp"
#include "reader.hpp"
#include "recent_rollbacks.hpp"
#include "rehearsal.hpp"
#include "store.hpp"

namespace canaryd::engine {

// The one thread that follows the watch: confirms moves, settles intents whose outcome is open, rehearses the rollback
// of each new canary. Safe from any thread.
class Background {
 public:
  // What else is to be done, connected before start(). `changed` is called by the background's thread with the copy as
  // it was when it was last looked at (where that had other revisions or percents) and as it is; `applied` by any, for
  // each move that was applied.
  struct Hooks {
    std::function<void(const Target&, const std::optional<traffic::Rollout>& before,
                       const std::optional<traffic::Rollout>& now)>
        changed;
    std::function<void(const Intent&)> applied;
    // Whether a move's last record, which was ready at `since`, may be written now; asked again each second.
    std::function<bool(const audit::Record&, SteadyTime since)> may_end;
  };
  void connect(Hooks hooks) { hooks_ = std::move(hooks); }

  Background(const Settings& settings, audit::AuditLog& log, Reader& reader, RolloutStore& store, Rehearsal& rehearsal,
             const Clock& clock, Logger& logger, Metrics& metrics);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  // Takes up what the audit log left open. Before start().
  void take_up();
  void start();
  void stop();
  // One round without waiting, for those who bring their own thread and time.
  void turn();

  // A copy changed; must not block.
  void changed(const Target& target, const traffic::Rollout* before = nullptr);
  // What may_end rests on may have changed.
  void poke();
  bool waits_for(const Target& target) const { return confirmations_.waits_for(target); }
  void confirm(const Intent& intent, std::chrono::milliseconds within);
  // An intent whose outcome is not known, to be settled by reading.
  void settle_later(const Intent& intent);
  // Open intents with the same tests: one of these patches at most was applied, and the object does not tell which.
  bool has_twin(const Intent& intent) const;
  // From before a patch leaves until its outcome is recorded or left to settle_later: meanwhile its twins are not
  // settled, since what a reading shows may be the work of either.
  void sending(const Intent& intent);
  void sent(const Intent& intent);
  // Those that are open with the same tests as a patch that was applied: none of them was. Taken out of the list; the
  // caller records them as not applied, BEFORE the outcome that proves it.
  std::vector<Intent> take_disproved(const Intent& applied);

  // What was rolled back lately, and where traffic does not follow: for people.
  std::vector<MetricFamily> series() const;

 private:
  void run();
  using Changed = std::map<Target, std::optional<traffic::Rollout>>;  // as it was before
  void look_at(const Changed& targets);
  void look_again();
  void check_overdue();
  void settle_open();
  RecentRollbacks::Find copies() const;
  std::optional<Settlement> take_settled(const Intent& intent, Settlement settlement);
  void end(std::vector<audit::Record> records);
  void write_ends();
  void write(const std::vector<audit::Record>& records);

  const Settings& settings_;
  audit::AuditLog& log_;
  Reader& reader_;
  RolloutStore& store_;
  Rehearsal& rehearsal_;
  const Clock& clock_;
  Logger& logger_;
  Gauge unconfirmed_;
  Gauge open_intents_;
  Hooks hooks_;
  Confirmations confirmations_;
  RecentRollbacks recent_;
  SteadyTime next_tick_;  // the thread's own, as the next
  int ticks_ = 0;
  struct End {
    audit::Record record;
    SteadyTime since;
  };
  std::vector<End> ends_;                // confirmed and unconfirmed that may not be written yet; likewise
  std::deque<audit::Record> unwritten_;  // kept until the audit log takes them; the thread's own

  struct Open {
    Intent intent;
    bool has_twin;  // had one at any time: that the other was settled first proves nothing
  };

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool poked_ = false;
  Changed changed_;
  std::vector<Open> open_;
  std::vector<Intent> sending_;
  std::thread thread_;
};

}  // namespace canaryd::engine
