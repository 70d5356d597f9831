#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"

namespace canaryd::audit {

struct CheckpointSettings {
  std::string directory;               // of the log
  std::string origin;                  // with the log's id, the name of the checkpoints and of their keys
  std::vector<std::string> key_files;  // private keys, PEM, each signs; empty: no checkpoints
};

// Takes a new checkpoint on its way out. Must return at once and cannot fail: what it does with it is its own matter.
using CheckpointWitness = std::function<void(const std::string& note)>;

// Signs the log's root: within a second of every outcome (when `turn` is called about four times a second), after a
// rotation and a change of keys, and each minute. A checkpoint goes to checkpoints.log (fdatasync), to the witness, and
// to standard output as the log event `audit_checkpoint`. One of a size that was signed before (an idle log) does not
// go to the file.
//
// Nothing here stops a rollback or waits for one. A failure is logged when it begins and counted, and tried again every
// few seconds; a checkpoint that cannot be kept in the file goes out all the same, and the other way round. Key files
// are read again when they change; one that holds no key leaves the one before it in force.
class Checkpointer {
 public:
  Checkpointer(CheckpointSettings settings, AuditLog& log, Files& files, const Clock& clock, Logger& logger,
               Metrics& metrics, CheckpointWitness witness = nullptr);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // For one thread. Does what is due; waits for the disk, and a second for an output that takes nothing.
  void turn();
  // A checkpoint of the last records, when there are some without; after the last turn().
  void stop();
  // From the next turn on. Safe from any thread.
  void replace_key_files(std::vector<std::string> key_files);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd::audit
