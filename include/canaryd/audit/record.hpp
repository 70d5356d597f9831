#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace canaryd::audit {

// docs/audit-format.md describes each kind and field.
enum class Kind : std::uint8_t { intent, outcome, decision, confirmed, unconfirmed, received, lifecycle };
const char* name_of(Kind kind);

using Pairs = std::vector<std::pair<std::string, std::string>>;

// The value of the first pair of this name; nullptr when there is none.
const std::string* find(const Pairs& pairs, std::string_view name);

struct TargetRef {
  std::string ns;
  std::string name;
  std::string uid;  // empty when the object was not found
};

struct AlertRef {
  std::string name;    // label alertname
  std::string status;  // "firing", "resolved"
  std::string fingerprint;
  std::string starts_at;  // RFC 3339
  std::string value;      // annotation `value`, the only place where the payload carries the measured value
  Pairs labels;
};

struct GuardAnswer {
  std::string guard;  // a reason code
  bool passed = true;
  std::string detail;       // what was seen
  bool overridden = false;  // it did not pass, and a person named it to be passed over
};

// A component's traffic before and after. -1 is an absent percent.
struct Change {
  std::string component;
  std::string canary;  // revision
  std::string stable;  // revision
  int percent_before = -1;
  int percent_after = -1;
};

// What the API server said to a patch.
struct ApiAnswer {
  int http_status = 0;                         // 0: no answer
  std::string result;                          // of an outcome: "applied", "not_applied", "not_sent", "unknown"
  std::string detail;                          // the server's words, bounded
  std::int64_t generation = 0;                 // of the object that came back, 0 when none
  std::vector<std::string> admission_changed;  // paths changed beyond the traffic
};

// One record, before the writer gives it seq, time and prev. Empty and absent members are left out of the line. Strings
// may come from outside: the writer makes them valid UTF-8 (audit knows no other room's types).
struct Record {
  Kind kind = Kind::decision;
  std::string id;     // shared by the records of one decision
  std::string event;  // of lifecycle: start, reload, stop, recovered...; of received: why it was refused
  std::optional<TargetRef> target;
  std::vector<AlertRef> alerts;
  std::string action;   // rollback, advance, hold, rehearsal...
  std::string verdict;  // act, noop, hold, refuse, retry
  std::string reason;   // stable code
  std::vector<GuardAnswer> guards;
  std::vector<Change> changes;
  std::int64_t generation = 0;  // of the object decided on
  std::string patch;            // the exact body sent, as text
  std::optional<ApiAnswer> api;
  std::string policy_sha256;
  std::string config_sha256;
  std::string actor;        // the authenticated client's name
  std::string peer;         // its address
  std::string because;      // by hand: the reason that the person gave
  std::uint64_t count = 0;  // of summed refusals and repeats: how many
  Pairs details;
  std::vector<std::string> shortened;  // paths of members that do not stand as they came: cut, or redacted
  std::string message;                 // one English sentence
};

// A value of the record's details; empty when there is none.
std::string detail_of(const Record& record, std::string_view name);

}  // namespace canaryd::audit
