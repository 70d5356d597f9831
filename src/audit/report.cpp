#include "canaryd/audit/report.hpp"

#include "canaryd/audit/query.hpp"
#include "canaryd/base/time_text.hpp"
#include "report_cut.hpp"
#include "report_gaps.hpp"
#include "report_holds.hpp"
#include "report_people.hpp"
#include "report_rollbacks.hpp"
#include "report_rollouts.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t longest_cause = 1024;  // bytes
constexpr std::size_t small_line = 2048;     // bytes: what a record of this length holds may be kept whole

// One pass over the log: each part takes from it what it tells of.
class Gatherer {
 public:
  Gatherer(Report& report, const ReportOptions& options) : report_(report), options_(options) {}

  void see(const Match& match) {
    const auto time = parse_rfc3339(match.time);
    if (!time) return;
    const bool in_period =
        (!options_.since || *time >= *options_.since) && (!options_.until || *time < *options_.until);
    if (in_period) count(*time);
    // Behind the end of the period only what ends it is of interest: the confirmation of what is in it.
    if (options_.until && *time >= *options_.until && !is_confirmation(*match.record)) return;
    std::optional<Record> shortened;
    if (match.line.size() > small_line) shortened = cut(*match.record);
    const Seen seen{shortened ? *shortened : *match.record, *time, in_period};
    rollouts_.see(seen);
    rollbacks_.see(seen);
    holds_.see(seen);
    people_.see(seen);
    gaps_.see(seen, match.seq);
  }

  void finish(const QueryEnd& end) {
    rollouts_.finish(report_);
    rollbacks_.finish(report_);
    holds_.finish(report_, options_.until.value_or(report_.made), options_.since);
    people_.finish(report_);
    gaps_.finish(report_, end.problems);
    report_.incomplete = !end.problems.empty();
  }

 private:
  static bool is_confirmation(const Record& record) {
    return record.kind == Kind::confirmed || record.kind == Kind::unconfirmed;
  }

  void count(WallTime time) {
    ++report_.sums.records;
    if (!report_.first_record || time < *report_.first_record) report_.first_record = time;
    if (!report_.last_record || time > *report_.last_record) report_.last_record = time;
  }

  Report& report_;
  const ReportOptions& options_;
  RolloutPart rollouts_;
  RollbackPart rollbacks_;
  HoldPart holds_;
  PeoplePart people_;
  GapPart gaps_;
};

Status add_verdict(Report& report, const std::string& directory, const ReportOptions& options, Files& files) {
  VerifyOptions how;
  how.key_files = options.key_files;
  how.checkpoint_files = options.checkpoint_files;
  auto verdict = verify(directory, how, files);
  if (!verdict && verdict.error().kind == ErrorKind::invalid) return fail(verdict.error());
  if (verdict) {
    report.log_id = verdict->log_id;
    report.verdict = std::move(*verdict);
  } else {
    report.not_verified = verdict.error().message;
  }
  return {};
}

}  // namespace

std::string cause_of(const Record& record) {
  if (record.alerts.empty()) return record.because;
  std::string out;
  for (const auto& alert : record.alerts) {
    if (out.size() > longest_cause) return out + "...";
    out += (out.empty() ? "" : ", ") + alert.name + (alert.value.empty() ? std::string() : " (" + alert.value + ")");
  }
  return out;
}

Result<Report> make_report(const std::string& directory, const ReportOptions& options, Files& files, WallTime now) {
  Report report;
  report.directory = directory;
  report.since = options.since;
  report.until = options.until;
  report.made = now;
  Gatherer gatherer(report, options);
  const auto end = run_query(directory, files, {}, [&](const Match& match) {
    gatherer.see(match);
    return true;
  });
  if (!end) return fail(end.error());
  gatherer.finish(*end);
  if (const auto verified = add_verdict(report, directory, options, files); !verified) return fail(verified.error());
  return report;
}

}  // namespace canaryd::audit
