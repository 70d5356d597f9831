#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/audit/files.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/audit/tree.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"

namespace canaryd::audit {

struct Settings {
  std::string directory;                                     // created 0700 when absent; the log stands in it alone
  std::string origin = "canaryd";                            // with the log's id, its name in checkpoints
  std::uint64_t rotate_size = 64ULL << 20U;                  // bytes of an open segment that end it; at most 1 GiB
  std::chrono::seconds rotate_age = std::chrono::hours(24);  // from its first record
  std::vector<PublicKey> keys = {};                          // a start goes by the newest checkpoint these signed
};

// How far the log has come on the disk.
struct Progress {
  TreeHead head;
  std::uint64_t settled = 0;  // the size of the log up to and with its newest outcome; 0: none
  std::uint64_t segment = 0;  // the first seq of the open segment
};

// What a start found in the log it continues.
struct Recovered {
  std::vector<Record> open_intents;  // intents without an outcome: the caller settles them
  std::vector<Record> unconfirmed;   // outcomes "applied" of rollbacks with neither confirmed nor unconfirmed
};

// The append-only audit log: one writer, one line of JSON a record, chained by SHA-256 (docs/audit-format.md). Safe
// from any thread; appends of several threads share one write and one fdatasync (group commit).
class AuditLog {
 public:
  // Takes the folder's lock for life (io "…is in use by another process" when it is held), recovers a torn tail into
  // torn-<seq>.bin with a `recovered` record, and reads back what is unfinished.
  static Result<std::unique_ptr<AuditLog>> open(const Settings& settings, Files& files, const Clock& clock, Logger& log,
                                                Metrics& metrics);
  virtual ~AuditLog() = default;

  // Returns the record's seq once its bytes are on disk (fdatasync returned). Errors: `io`; then nothing of it may be
  // acted on or acknowledged. A failed write or fdatasync, or a file that others touched, is final for the descriptor:
  // a later append first reopens the file, checks that nothing acknowledged is missing and cuts what stands behind it.
  // For an intent the room of its outcome is reserved first.
  virtual Result<std::uint64_t> append(const Record& record) = 0;
  // Several records, in order, all or none acknowledged.
  virtual Result<std::uint64_t> append(const std::vector<Record>& records) = 0;
  // Looks whether the file that is written still stands at its path and holds what was written (two system calls, to be
  // asked about once a second): otherwise `io`, and writable() is false until an append has reopened the log. Every
  // append looks too; this tells when none comes. While a batch is being written, what the last one said.
  virtual Status check() = 0;
  // False after a failed append or check until one succeeds: /readyz says so.
  virtual bool writable() const = 0;
  virtual const Recovered& recovered() const = 0;
  virtual const std::string& log_id() const = 0;
  // What is acknowledged, never less than what an append has returned. Does not wait for the disk.
  virtual Progress progress() const = 0;
  // While the volume is almost full: what begins something (intents, decisions, refused requests) fails with `io`, what
  // settles it (outcomes, confirmations, lifecycle) is still written. `why` is the error's message; empty ends it.
  virtual void stop_beginning(const std::string& why) = 0;
};

}  // namespace canaryd::audit
