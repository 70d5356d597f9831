#pragma once

#include <optional>
#include <string>
#include <vector>

#include "batch.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "line.hpp"
#include "segment.hpp"

namespace canaryd::audit {

// Writes batches: one write and one fdatasync each. Not thread-safe: the log's leader of the moment calls it.
class Writer {
 public:
  Writer(Segment segment, Chain chain, const Clock& clock, Logger& log, Metrics& metrics);

  // Sets the result of every request. True when the log can be said to be writable after it.
  bool commit(const std::vector<Request*>& batch);
  // See AuditLog::check.
  Status check();
  // Room for the outcome of an intent that an earlier process wrote.
  void keep_room(const Entry& intent) { room_.keep(intent.id, OutcomeRoom::of(intent)); }

 private:
  Status reopen();
  std::vector<Request*> with_room(const std::vector<Request*>& batch);
  Status write(const std::vector<Request*>& batch);
  void acknowledge(const std::vector<Request*>& batch, std::uint64_t first_seq);
  void add_line(std::string& lines, Chain& chain, std::string_view body);

  Segment segment_;
  Chain chain_;
  OutcomeRoom room_;
  std::optional<Cut> cut_;  // taken off by a reopening, not yet recorded
  std::uint64_t last_length_ = 0;
  bool full_ = false;  // the last reservation failed
  const Clock& clock_;
  Logger& log_;
  std::vector<Counter> records_;  // by kind
  Counter written_;
  Counter failed_;
  Histogram sync_seconds_;
};

}  // namespace canaryd::audit
