#include "good_log.hpp"

#include "../unit/audit/memory_files.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/base/time_text.hpp"
#include "fuzz.hpp"

namespace canaryd::audit::fuzz {

namespace {

const std::string folder = "/audit";

class StepClock final : public Clock {
 public:
  WallTime now() const override { return parse_rfc3339("2026-08-01T12:00:00.000001Z").value() + ++steps_ * step; }
  SteadyTime steady() const override { return SteadyTime(std::chrono::hours(1)) + steps_ * step; }

 private:
  static constexpr std::chrono::seconds step{1};
  mutable int steps_ = 0;
};

Record record_of(Kind kind, const std::string& id) {
  Record record;
  record.kind = kind;
  record.id = id;
  record.event = kind == Kind::lifecycle ? "start" : "";
  record.target = TargetRef{"ml", "iris", "5f0c"};
  record.alerts = {{"CanaryHighErrorRate", "firing", "f1", "2026-08-01T11:59:00Z", "0.07", {{"revision", "iris-2"}}}};
  record.action = "rollback";
  record.verdict = "act";
  record.reason = "rolled_back";
  record.guards = {{"dwell", false, "5 minutes short", true}};
  record.changes = {{"predictor", "iris-2", "iris-1", 5, 0}};
  record.generation = 6;
  record.patch = R"([{"op":"test","path":"/metadata/generation","value":6}])";
  record.api = ApiAnswer{200, "applied", "ok", 7, {"/metadata/labels/team"}};
  record.policy_sha256 = std::string(64, 'a');
  record.actor = "token:am";
  record.peer = "10.0.0.7";
  record.because = "asked for by the team";
  record.count = 3;
  record.details = {{"deadline", "8s"}};
  record.message = "A sentence with \xC3\xA4 and \"quotes\".";
  return record;
}

FileList write_log() {
  test::MemoryFiles files;
  const StepClock clock;
  Logger logger(LogFormat::logfmt, LogLevel::error);
  Metrics metrics;
  Settings settings;
  settings.directory = folder;
  settings.rotate_size = 4000;
  const auto log = AuditLog::open(settings, files, clock, logger, metrics);
  must(log.has_value(), "a log can be begun");
  int number = 0;
  for (const Kind kind : {Kind::decision, Kind::intent, Kind::outcome, Kind::confirmed, Kind::received, Kind::lifecycle,
                          Kind::intent, Kind::unconfirmed}) {
    must((*log)->append(record_of(kind, "id-" + std::to_string(number++ / 2))).has_value(), "a record can be written");
  }
  FileList list;
  for (const auto& path : files.paths()) list.emplace_back(path.substr(folder.size() + 1), files.content(path));
  return list;
}

}  // namespace

const FileList& good_log() {
  static const FileList list = write_log();
  return list;
}

}  // namespace canaryd::audit::fuzz
