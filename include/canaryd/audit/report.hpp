#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/verify.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

// What a review meeting asks of a log, as data. Texts are as the log has them: who shows them escapes them. Lists are
// in the order of time and bounded by report_limit; `omitted` beside them counts the rest, and the sums count all.
namespace canaryd::audit {

inline constexpr std::size_t report_limit = 1000;      // items of a list
inline constexpr std::size_t report_step_limit = 100;  // steps of one rollout

template <class Item>
struct Bounded {
  std::vector<Item> items;
  std::uint64_t omitted = 0;
};

// One thing that happened to a canary's share: a write of canaryd's, or what others did and canaryd saw.
struct ReportStep {
  WallTime time;
  std::string id;
  std::string action;  // rollback, advance, promote, restart; observation; rehearsal: the canary was first seen
  std::string reason;  // stable code
  std::string result;  // of a write: applied, not_applied, not_sent, unknown; empty: not recorded
  int from = -1;       // percent; -1: none in the object
  int to = -1;
  std::string cause;     // names of alerts, the reason that a person gave, or the manager that did it
  std::string actor;     // who asked
  bool by_hand = false;  // a person asked
  std::optional<WallTime> confirmed;
  bool unconfirmed = false;  // it was not shown in time, or was undone before
};

enum class RolloutEnd : std::uint8_t { in_flight, rolled_back, promoted, replaced };
const char* name_of(RolloutEnd end);  // "in flight at the end of the period", ...

// The course of one canary revision of one component, as far as it is in the period.
struct ReportRollout {
  std::string service;  // namespace/name
  std::string component;
  std::string revision;
  std::string stable;
  WallTime first;
  WallTime last;
  std::vector<ReportStep> steps;
  std::uint64_t omitted_steps = 0;
  std::map<std::string, std::uint64_t> waits;  // steps forward that were held or refused: records, by reason
  RolloutEnd end = RolloutEnd::in_flight;
};

// A rollback whose patch was sent, and how long it took.
struct ReportRollback {
  WallTime time;  // of its outcome, or of its intent while there is none
  std::string id;
  std::string service;
  std::string what;   // components, revisions and shares
  std::string cause;  // names of alerts with what they measured, or the reason that a person gave
  std::string actor;
  bool by_hand = false;
  std::string result;  // as of a step
  std::string reason;
  std::optional<std::chrono::microseconds> after_alert;         // from the alert's startsAt to the outcome
  std::optional<std::chrono::microseconds> after_notification;  // from the first record about the alert to the outcome
  std::optional<std::chrono::microseconds> to_confirmation;     // from the outcome to the confirmation
  bool unconfirmed = false;
};

// A hold, a stop, or an alert that is mapped to hold.
struct ReportHold {
  std::string kind;   // "hold", "stop", "alert"
  std::string scope;  // a service, "namespace ml", "all services"
  std::string by;     // the person, or the alert
  std::string because;
  std::string id;
  WallTime from;
  std::optional<WallTime> until;  // the end it was given
  std::optional<WallTime> ended;  // absent: it lasted at the end of the period
  std::string ended_by;           // a person, "its time", "the alert was resolved"
};

struct ReportRefusals {
  std::string peer;
  std::string reason;
  std::uint64_t requests = 0;
  WallTime first;
  WallTime last;
};

// What a person asked for, granted or not.
struct ReportCommand {
  WallTime time;
  std::string id;
  std::string actor;
  std::string action;
  std::string about;
  std::string because;
  std::string verdict;
  std::string reason;
  std::vector<std::string> overrides;  // guards that were passed over by name
};

// Where the record does not tell, or tells of itself.
struct ReportGap {
  WallTime from;
  std::optional<WallTime> to;
  std::string kind;  // "stopped", "ended without a stop", "cut", "lost log", "clock went back", "missing", "removed",
                     // "no room", "unreadable"
  std::string what;  // a sentence
};

struct ReportSums {
  std::uint64_t records = 0;
  std::uint64_t rollouts = 0;
  std::uint64_t rollbacks = 0;      // applied
  std::uint64_t rollbacks_bad = 0;  // sent, and not known to be applied
  std::uint64_t unconfirmed = 0;    // applied writes that status did not show in time, rollbacks or not
  std::uint64_t advances = 0;
  std::uint64_t promotions = 0;
  std::uint64_t restarts = 0;
  std::uint64_t observations = 0;  // of what others did
  std::uint64_t commands = 0;      // by hand
  std::uint64_t overrides = 0;
  std::uint64_t holds = 0;
  std::uint64_t refused_requests = 0;
  std::uint64_t gaps = 0;
  std::chrono::microseconds not_running{0};                // between a stop or an end and the next start
  std::optional<std::chrono::microseconds> median_to_act;  // of rollbacks by alerts, from the notification
  std::optional<std::chrono::microseconds> longest_to_act;
};

struct Report {
  std::string directory;
  std::string log_id;  // of the records that were read; empty when the first is gone
  std::optional<WallTime> since;
  std::optional<WallTime> until;
  WallTime made;
  std::optional<WallTime> first_record;  // in the period
  std::optional<WallTime> last_record;
  ReportSums sums;
  Bounded<ReportRollout> rollouts;
  Bounded<ReportRollback> rollbacks;
  Bounded<ReportHold> holds;
  Bounded<ReportRefusals> refusals;
  Bounded<ReportCommand> commands;
  Bounded<ReportGap> gaps;
  bool incomplete = false;         // a part of the log could not be read: `gaps` says which
  std::optional<Verdict> verdict;  // of the whole log
  std::string not_verified;        // why there is no verdict
};

struct ReportOptions {
  std::optional<WallTime> since;  // not before it
  std::optional<WallTime> until;  // before it
  std::vector<std::string> key_files;
  std::vector<std::string> checkpoint_files;  // as verify's
};

// Reads the log once for the report and once to verify it, without a lock, in bounded memory. Errors: `io`,
// `not_found` (no log there), `invalid` (a key file without a key). A broken log is a report that says so.
Result<Report> make_report(const std::string& directory, const ReportOptions& options, Files& files, WallTime now);

// For people: sums first, details after. What comes from the log is escaped. Pure.
std::string to_text(const Report& report);
std::string to_markdown(const Report& report);

}  // namespace canaryd::audit
