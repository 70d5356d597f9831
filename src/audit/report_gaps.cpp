#include "report_gaps.hpp"

#include "story_words.hpp"

namespace canaryd::audit {

namespace {

// What the log writes about itself when it is opened, before canaryd runs.
bool is_of_the_log(const Record& record) {
  return record.kind == Kind::lifecycle && (record.event == "created" || record.event == "recovered" ||
                                            record.event == "rotated" || record.event == "removed");
}

}  // namespace

void GapPart::see(const Seen& seen, std::uint64_t seq) {
  in_period_ = seen.in_period;
  if (seq > next_) see_missing(seen, seq);
  next_ = seq + 1;
  if (before_ && seen.time < *before_) {
    add(seen, {*before_, seen.time, "clock went back",
               "The machine's clock went back by " + duration(*before_ - seen.time) + "."});
  }
  before_ = seen.time;
  if (seen.record.kind == Kind::lifecycle) see_lifecycle(seen);
  if (!is_of_the_log(seen.record)) last_of_run_ = seen.time;
}

// They may have been removed by the rules, which later records tell.
void GapPart::see_missing(const Seen& seen, std::uint64_t seq) {
  const bool is_one = seq == next_ + 1;
  ReportGap gap{before_.value_or(seen.time), seen.time, "missing",
                (is_one ? "Record " : "Records ") + std::to_string(next_) +
                    (is_one ? " is" : " to " + std::to_string(seq - 1) + " are") + " not in the log."};
  const std::size_t place = gaps_.items.size();
  add(seen, std::move(gap));
  if (gaps_.items.size() > place) missing_.push_back({place, next_, seq - 1});
}

void GapPart::see_lifecycle(const Seen& seen) {
  const Record& record = seen.record;
  if (record.event == "start") return see_start(seen);
  if (record.event == "stop") stopped_ = seen.time;
  if (record.event == "recovered") add(seen, {seen.time, std::nullopt, "cut", record.message});
  if (record.event == "removed") see_removed(seen);
  if (record.event == "space") see_space(seen);
  if (record.event == "created" && !detail_of(record, "continues").empty()) {
    add(seen, {seen.time, std::nullopt, "lost log",
               "This log takes the place of " + detail_of(record, "continues") + ": " + detail_of(record, "lost")});
  }
}

void GapPart::see_space(const Seen& seen) {
  const bool has_stopped = detail_of(seen.record, "step") == "stop";
  if (has_stopped && !no_room_) no_room_ = seen.time;
  if (has_stopped || !no_room_) return;
  add(seen, {*no_room_, seen.time, "no room",
             "The volume of the log was almost full: for " + duration(seen.time - *no_room_) + " nothing was begun."});
  no_room_.reset();
}

void GapPart::see_removed(const Seen& seen) {
  if (const auto removed = removed_of(seen.record)) removed_.add(removed->since_seq, removed->last_seq);
  add(seen, {seen.time, std::nullopt, "removed", seen.record.message});
}

void GapPart::see_start(const Seen& seen) {
  if (!last_of_run_) return;
  const auto lasted = std::max(seen.time - *last_of_run_, std::chrono::microseconds(0));
  if (seen.in_period) not_running_ += lasted;
  add(seen,
      {*last_of_run_, seen.time, stopped_ ? "stopped" : "ended without a stop",
       stopped_ ? "canaryd did not run for " + duration(lasted) + "."
                : "canaryd ended without recording a stop (a crash, a kill or a power loss); its next start was " +
                      duration(lasted) + " after its last record."});
  stopped_.reset();
}

void GapPart::add(const Seen& seen, ReportGap gap) {
  if (seen.in_period) keep(gaps_, std::move(gap));
}

void GapPart::finish(Report& report, const std::vector<std::string>& unreadable) {
  for (auto missing = missing_.rbegin(); missing != missing_.rend(); ++missing) {
    const auto gap = gaps_.items.begin() + static_cast<std::ptrdiff_t>(missing->place);
    if (removed_.cover(missing->first, missing->last)) gaps_.items.erase(gap);
  }
  if (stopped_ && in_period_) {
    keep(gaps_, {*stopped_, std::nullopt, "stopped", "canaryd recorded a stop, and no start after it."});
  }
  if (no_room_ && in_period_) {
    keep(gaps_, {*no_room_, std::nullopt, "no room", "The volume of the log is almost full: nothing is begun."});
  }
  const auto at = report.last_record.value_or(report.made);
  for (const auto& problem : unreadable) keep(gaps_, {at, std::nullopt, "unreadable", problem});
  report.sums.gaps = gaps_.items.size() + gaps_.omitted;
  report.sums.not_running = not_running_;
  report.gaps = std::move(gaps_);
}

}  // namespace canaryd::audit
