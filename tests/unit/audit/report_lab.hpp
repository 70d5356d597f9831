#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "canaryd/audit/report.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "lab.hpp"

// Records to make reports of.
namespace canaryd::audit::test::reports {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

inline WallTime at(const std::string& text) { return parse_rfc3339("2026-08-01T" + text + "Z").value(); }

inline Record record_of(Kind kind, const std::string& id, const std::string& action, const std::string& reason) {
  Record record = of_kind(kind, id);
  record.target = TargetRef{"ml", "iris", "5f0c"};
  record.action = action;
  record.verdict = "act";
  record.reason = reason;
  return record;
}

inline AlertRef alert(const std::string& name = "CanaryHighErrorRate") {
  return {name, "firing", "f-" + name, "2026-08-01T11:59:50Z", "0.31", {{"revision", "iris-2"}}};
}

inline Record lifecycle(const std::string& event, Pairs details = {}) {
  Record record = of_kind(Kind::lifecycle, "life");
  record.event = event;
  record.details = std::move(details);
  record.message = "About " + event + ".";
  return record;
}

inline Record by_alice(Record record) {
  record.actor = "token:alice";
  record.because = "it is urgent";
  return record;
}

inline Record held(const std::string& reason) {
  Record record = record_of(Kind::decision, "w", "advance", reason);
  record.verdict = "hold";
  record.alerts = {alert("CanaryHealthy")};
  return record;
}

// A log that is written at times of one day, which begins at 12:00:00.
struct Past {
  Lab lab;
  std::unique_ptr<AuditLog> log = lab.log();

  void add(const Record& record, microseconds after = seconds(1)) {
    lab.clock.advance(after);
    REQUIRE(log->append(record));
  }
  // An intent, its outcome 100 ms later and the confirmation two seconds after that.
  void move(Record record, int from, int to, const std::string& result = "applied") {
    record.changes = {{"predictor", "iris-2", "iris-1", from, to}};
    record.kind = Kind::intent;
    add(record);
    record.kind = Kind::outcome;
    record.api = ApiAnswer{200, result, "", 7, {}};
    add(record, milliseconds(100));
    record.kind = Kind::confirmed;
    record.api.reset();
    if (result == "applied") add(record, seconds(2));
  }
  Report report(const ReportOptions& options = {}) {
    auto made = make_report(folder, options, lab.files, lab.clock.now());
    INFO((made ? std::string() : made.error().message));
    REQUIRE(made);
    return *made;
  }
  void restart() {
    log.reset();
    log = lab.log();
  }
};

inline Record advance(const std::string& id) {
  auto record = record_of(Kind::intent, id, "advance", "advanced");
  record.alerts = {alert("CanaryHealthy")};
  return record;
}

inline Record rollback(const std::string& id) {
  auto record = record_of(Kind::intent, id, "rollback", "rolled_back");
  record.alerts = {alert()};
  return record;
}

inline bool has(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

}  // namespace canaryd::audit::test::reports
