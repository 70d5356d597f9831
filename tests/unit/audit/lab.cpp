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
