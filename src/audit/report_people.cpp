#include "report_people.hpp"

#include <tuple>

#include "story_words.hpp"

namespace canaryd::audit {

void PeoplePart::see(const Seen& seen) {
  if (!seen.in_period) return;
  const Record& record = seen.record;
  if (record.kind == Kind::received) return see_refusals(seen);
  if (record.kind == Kind::decision && record.action == "observation") ++observations_;
  if (record.kind != Kind::decision && record.kind != Kind::intent && record.kind != Kind::outcome) return;
  if (is_by_hand(record)) see_command(seen);
}

void PeoplePart::see_refusals(const Seen& seen) {
  const Record& record = seen.record;
  refused_ += record.count;
  const std::pair key{record.peer, record.reason};
  if (!refusals_.contains(key) && refusals_.size() >= report_limit) {
    ++refused_elsewhere_;
    return;
  }
  auto& sum =
      refusals_.try_emplace(key, ReportRefusals{record.peer, record.reason, 0, seen.time, seen.time}).first->second;
  sum.requests += record.count;
  sum.last = seen.time;
}

// The first record says what was asked for; a later one of the same id what came of it.
void PeoplePart::see_command(const Seen& seen) {
  const Record& record = seen.record;
  if (const auto found = listed_.find(record.id); found != listed_.end()) {
    auto& command = commands_.items[found->second];
    command.verdict = record.verdict;
    command.reason = record.reason;
    return;
  }
  if (record.kind == Kind::outcome) return;  // of an intent before the period, or beyond the list
  ReportCommand command{seen.time,      record.id,     record.actor,
                        record.action,  about(record), record.because,
                        record.verdict, record.reason, {}};
  for (const auto& guard : record.guards) {
    if (guard.overridden) command.overrides.push_back(guard.guard);
  }
  overrides_ += command.overrides.size();
  if (commands_.items.size() < report_limit) listed_[record.id] = commands_.items.size();
  keep(commands_, std::move(command));
}

void PeoplePart::finish(Report& report) {
  report.sums.refused_requests = refused_;
  report.sums.commands = commands_.items.size() + commands_.omitted;
  report.sums.overrides = overrides_;
  report.sums.observations = observations_;
  for (auto& [key, sum] : refusals_) report.refusals.items.push_back(std::move(sum));
  report.refusals.omitted = refused_elsewhere_;
  std::sort(report.refusals.items.begin(), report.refusals.items.end(), [](const auto& a, const auto& b) {
    return std::tie(b.requests, a.peer, a.reason) < std::tie(a.requests, b.peer, b.reason);
  });
  report.commands = std::move(commands_);
}

}  // namespace canaryd::audit
