#pragma once

#include <memory>
#include <string>
#include <vector>

#include "canaryd/audit/log.hpp"
#include "canaryd/audit/verify.hpp"
#include "memory_files.hpp"
#include "some_records.hpp"

namespace canaryd::audit::test {

inline const std::string folder = "/audit";
inline const std::string segment = folder + "/segment-00000000000000000000.jsonl";

// A clock that stands until it is moved. Safe from any thread.
class ManualClock final : public Clock {
 public:
  WallTime now() const override;
  SteadyTime steady() const override;
  void advance(std::chrono::microseconds by);

 private:
  mutable std::mutex mutex_;
  std::chrono::microseconds passed_{0};
};

// What a log needs around it.
struct Lab {
  MemoryFiles files;
  ManualClock clock;
  Logger logger{LogFormat::logfmt, LogLevel::error};
  Metrics metrics;
  Settings settings{folder};

  Lab();
  Result<std::unique_ptr<AuditLog>> open();
  std::unique_ptr<AuditLog> log();             // which must open
  Verdict verdict();                           // which must be readable
  std::vector<std::string> lines() const;      // of the first segment
  std::vector<std::string> segments() const;   // the paths of those with plain records
  std::vector<std::string> all_lines() const;  // of these segments, in order
};

std::vector<std::string> split(const std::string& text);
std::string joined(const std::vector<std::string>& lines);

}  // namespace canaryd::audit::test
