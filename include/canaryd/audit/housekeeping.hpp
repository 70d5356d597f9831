#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"

namespace canaryd::audit {

// What of a log is kept, and what is done when its volume fills. Sizes in bytes.
struct KeepSettings {
  std::chrono::seconds keep = std::chrono::hours(24 * 400);          // of closed segments, from their newest record
  std::chrono::seconds keep_at_least = std::chrono::hours(24 * 90);  // nothing younger is removed for any reason
  std::uint64_t max_size = 0;                                        // of the log's files; 0: no limit
  // What the volume has left. Each of the steps holds until there is a tenth more than its limit.
  std::uint64_t warn_below = 1ULL << 30U;
  std::uint64_t make_room_below = 512ULL << 20U;  // compress and remove at once, by the rules above
  std::uint64_t stop_below = 128ULL << 20U;       // begin nothing: stopping comes before losing
};

// Looks after the closed segments of a log: compresses them, removes the records of those that need not be kept (their
// leaf hashes stay), and watches the room on the volume. What it removes, and each step of the room that is left, is
// recorded first. A crash at any point leaves every record in one file at least; the next look completes what was
// begun. Failures are logged when they begin, counted, and tried again each minute.
class Housekeeping {
 public:
  Housekeeping(std::string directory, const KeepSettings& settings, AuditLog& log, Files& files, const Clock& clock,
               Logger& logger, Metrics& metrics);
  ~Housekeeping();
  Housekeeping(const Housekeeping&) = delete;
  Housekeeping& operator=(const Housekeeping&) = delete;

  // The room that is left and nothing else: two system calls and perhaps a record. For the thread that turns, or before
  // it starts.
  void look_at_space();
  // To be called about once a second by one thread; takes as long as it takes to compress what was closed.
  void turn();

  // The rest is safe from any thread.
  void replace(const KeepSettings& settings);
  void stop();                  // ends a running turn soon; later ones do nothing
  std::string stopped() const;  // why nothing may begin; empty while there is room

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd::audit
