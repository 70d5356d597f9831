#pragma once

#include <optional>
#include <string>
#include <vector>

#include "audit/format/leaves.hpp"
#include "audit/format/line.hpp"
#include "batch.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "segment.hpp"
#include "writer_draft.hpp"
#include "writer_state.hpp"

namespace canaryd::audit {

// Writes batches: one write and one fdatasync each; begins the next segment when it is time. Not thread-safe: the log's
// leader of the moment calls it.
class Writer {
 public:
  // What the start has opened.
  struct Open {
    Segment segment;
    OpenLeaves leaves;
    WriterState state;
  };
  Writer(const Settings& settings, Files& files, Open open, const Clock& clock, Logger& log, Metrics& metrics);

  // Sets the result of every request. True when the log can be said to be writable after it.
  bool commit(const std::vector<Request*>& batch);
  // See AuditLog::check.
  Status check();
  // Begins the next segment when this one is large or old enough. When that fails, this one goes on.
  void rotate_if_due();
  // Room for the outcome of an intent that an earlier process wrote.
  void keep_room(const Pending& intent) { room_.keep(intent.id, OutcomeRoom::of(intent)); }
  const WriterState& state() const { return state_; }

 private:
  Status usable();
  Status reopen();
  std::vector<Request*> with_room(const std::vector<Request*>& batch);
  Status write(const std::vector<Request*>& batch);
  void add_leaves(const std::vector<Hash>& leaves);
  void acknowledge(const std::vector<Request*>& batch, std::size_t first_line);

  bool due() const;
  Status rotate();
  Status begin_segment(const std::string& path);
  Status clear_attempt();

  Settings settings_;
  Files& files_;
  Segment segment_;
  OpenLeaves leaves_;
  WriterState state_;
  Draft draft_;
  OutcomeRoom room_;
  std::optional<Cut> cut_;  // taken off by a reopening, not yet recorded
  bool full_ = false;       // the last reservation failed
  // A next segment that was begun and did not come to be. Nothing more is acknowledged in this one before it is gone:
  // after a crash it would stand where this one went on.
  std::optional<std::uint64_t> attempt_;
  std::optional<SteadyTime> rotate_after_;  // not before, after a failure
  const Clock& clock_;
  Logger& log_;
  std::vector<Counter> records_;  // by kind
  Counter written_;
  Counter failed_;
  Counter rotated_;
  Counter not_rotated_;
  Histogram sync_seconds_;
};

}  // namespace canaryd::audit
