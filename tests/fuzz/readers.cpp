#include "readers.hpp"

#include "../unit/audit/memory_files.hpp"
#include "canaryd/audit/history.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/audit/verify.hpp"
#include "fuzz.hpp"

namespace canaryd::audit::fuzz {

namespace {

const std::string folder = "/audit";

class StillClock final : public Clock {
 public:
  WallTime now() const override { return {}; }
  SteadyTime steady() const override { return {}; }
};

// Twice the same, and its notes and faults are bounded whatever stands in the log.
void verify_twice(test::MemoryFiles& files) {
  const auto first = verify(folder, files);
  const auto second = verify(folder, files);
  must(first.has_value() == second.has_value(), "verification answers the same twice");
  if (!first) return;
  must(first->records == second->records && first->intact == second->intact, "verification answers the same twice");
}

void start(test::MemoryFiles& files) {
  const StillClock clock;
  Logger logger(LogFormat::logfmt, LogLevel::error);
  Metrics metrics;
  Settings settings;
  settings.directory = folder;
  const auto log = AuditLog::open(settings, files, clock, logger, metrics);
  if (!log) return;
  Record record;
  record.message = "After a start.";
  must((*log)->append(record).has_value(), "a log that was opened takes a record");
}

}  // namespace

void read_everything(const FileList& list) {
  test::MemoryFiles files;
  must(files.make_directory(folder).has_value(), "a folder can be made");
  for (const auto& [name, content] : list) files.put(folder + "/" + name, content);
  verify_twice(files);
  static_cast<void>(read_log(folder, files, [](const Entry&) {}));
  start(files);
  verify_twice(files);
}

}  // namespace canaryd::audit::fuzz
