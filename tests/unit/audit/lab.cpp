#include "lab.hpp"

#include <doctest/doctest.h>

#include "canaryd/base/time_text.hpp"

namespace canaryd::audit::test {

WallTime ManualClock::now() const {
  const std::lock_guard guard(mutex_);
  return parse_rfc3339("2026-08-01T12:00:00.000001Z").value() + passed_;
}

SteadyTime ManualClock::steady() const {
  const std::lock_guard guard(mutex_);
  return SteadyTime(std::chrono::hours(1)) + passed_;
}

void ManualClock::advance(std::chrono::microseconds by) {
  const std::lock_guard guard(mutex_);
  passed_ += by;
}

// The failures that the tests arrange are not news for the test's output.
Lab::Lab() { logger.set_level(LogLevel::error); }

Result<std::unique_ptr<AuditLog>> Lab::open() { return AuditLog::open(settings, files, clock, logger, metrics); }

std::unique_ptr<AuditLog> Lab::log() {
  auto opened = open();
  INFO((opened ? std::string() : opened.error().message));
  REQUIRE(opened);
  return std::move(*opened);
}

Verdict Lab::verdict() {
  auto result = verify(folder, files);
  INFO((result ? std::string() : result.error().message));
  REQUIRE(result);
  return *result;
}

std::vector<std::string> Lab::lines() const { return split(files.content(segment)); }

std::vector<std::string> Lab::segments() const {
  std::vector<std::string> all;
  for (const auto& path : files.paths()) {
    if (path.starts_with(folder + "/segment-") && path.ends_with(".jsonl")) all.push_back(path);
  }
  return all;
}

std::vector<std::string> Lab::all_lines() const {
  std::string text;
  for (const auto& path : segments()) text += files.content(path);
  return split(text);
}

Record of_kind(Kind kind, const std::string& id) {
  Record record;
  record.kind = kind;
  record.id = id;
  record.message = "A sentence.";
  return record;
}

Record intent(const std::string& id) {
  Record record = of_kind(Kind::intent, id);
  record.action = "rollback";
  record.target = TargetRef{"ml", "iris", "u-1"};
  return record;
}

Record outcome(const std::string& id, const std::string& result) {
  Record record = of_kind(Kind::outcome, id);
  record.action = "rollback";
  record.api = ApiAnswer{200, result, "", 7, {}};
  return record;
}

Record decision(const std::string& id) { return of_kind(Kind::decision, id); }

Record full(Kind kind, const std::string& id) {
  Record record = of_kind(kind, id);
  record.event = "start";
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
  record.config_sha256 = std::string(64, 'b');
  record.actor = "token:am";
  record.peer = "10.0.0.7";
  record.because = "asked for by the team";
  record.count = 3;
  record.details = {{"deadline", "8s"}};
  record.shortened = {"alerts[0].labels.description"};
  return record;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t start = 0;
  for (auto lf = text.find('\n'); lf != std::string::npos; lf = text.find('\n', start)) {
    lines.push_back(text.substr(start, lf - start));
    start = lf + 1;
  }
  return lines;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) text += line + "\n";
  return text;
}

}  // namespace canaryd::audit::test
