#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "canaryd/engine/confirmation.hpp"
#include "canaryd/engine/intent.hpp"
#include "canaryd/engine/reader.hpp"
#include "canaryd/engine/rehearsal.hpp"
#include "canaryd/engine/rules.hpp"
#include "canaryd/engine/store.hpp"

namespace canaryd::engine {

// The one thread beside the requests: confirms rollbacks by the watch, settles intents whose outcome is open, rehearses
// the rollback of each new canary. Safe from any thread.
class Background {
 public:
  Background(const Settings& settings, audit::AuditLog& log, Reader& reader, RolloutStore& store, Rehearsal& rehearsal,
             const Clock& clock, Logger& logger, Metrics& metrics);
  ~Background();
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;

  void start();
  void stop();

  // A copy changed; must not block.
  void changed(const Target& target);
  bool waits_for(const Target& target) const { return confirmations_.waits_for(target); }
  void confirm(const Intent& intent, std::chrono::milliseconds within);
  // An intent whose outcome is not known, to be settled by reading.
  void settle_later(const Intent& intent);
  // Those that are open for the same target and generation: since a later patch with the same test was applied, none of
  // them was. Taken out of the list; the caller records them as not applied, BEFORE the outcome that proves it.
  std::vector<Intent> take_disproved(const Target& target, std::int64_t generation);

 private:
  void run();
  void look_at(const std::set<Target>& targets);
  void look_again();
  void check_overdue();
  void settle_open();
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
  Confirmations confirmations_;
  std::vector<audit::Record> unwritten_;  // kept until the audit log takes them; the thread's own

  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::set<Target> changed_;
  std::vector<Intent> open_;
  std::thread thread_;
};

}  // namespace canaryd::engine
