#include "report_rollouts.hpp"

#include <charconv>
#include <utility>

#include "story_words.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t most_open = 10'000;   // services and components that are followed at once
constexpr std::size_t most_steps = 20'000;  // of all rollouts together

constexpr std::size_t most_waits = 20;    // reasons of one rollout: canaryd has no more for a step that waits
constexpr std::size_t longest_wait = 64;  // bytes of one

bool moves_traffic(const Record& record) {
  return record.action == "rollback" || record.action == "advance" || record.action == "promote" ||
         record.action == "restart";
}

std::string service_of(const Record& record) {
  return record.target ? record.target->ns + "/" + record.target->name : std::string();
}

// A percent among details: a number or "absent".
int percent_in(const Record& record, const char* name) {
  const auto text = detail_of(record, name);
  int percent = -1;
  std::from_chars(text.data(), text.data() + text.size(), percent);
  return percent;
}

ReportStep step_of(const Seen& seen, const Change& change) {
  ReportStep step;
  step.time = seen.time;
  step.id = seen.record.id;
  step.action = seen.record.action;
  step.reason = seen.record.reason;
  step.from = change.percent_before;
  step.to = change.percent_after;
  step.cause = cause_of(seen.record);
  step.actor = seen.record.actor;
  step.by_hand = is_by_hand(seen.record);
  if (seen.record.api) step.result = seen.record.api->result;
  return step;
}

void add_wait(std::map<std::string, std::uint64_t>& waits, std::string reason) {
  if (waits.size() >= most_waits && !waits.contains(reason)) reason = "other reasons";
  ++waits[std::move(reason)];
}

RolloutEnd end_by(int percent) {
  if (percent < 0) return RolloutEnd::promoted;
  return percent == 0 ? RolloutEnd::rolled_back : RolloutEnd::in_flight;
}

std::string label_of(const Record& record, std::string_view name) {
  for (const auto& alert : record.alerts) {
    for (const auto& [label, value] : alert.labels) {
      if (label == name) return value;
    }
  }
  return {};
}

}  // namespace

const char* name_of(RolloutEnd end) {
  switch (end) {
    case RolloutEnd::in_flight:
      return "in flight";
    case RolloutEnd::rolled_back:
      return "rolled back";
    case RolloutEnd::promoted:
      return "promoted";
    case RolloutEnd::replaced:
      return "replaced by another revision";
  }
  return "";
}

void RolloutPart::see(const Seen& seen) {
  const Record& record = seen.record;
  if (!record.target) return;
  if (record.kind == Kind::outcome && moves_traffic(record)) return see_write(seen);
  if (record.kind == Kind::confirmed || record.kind == Kind::unconfirmed) return see_confirmation(seen);
  if (record.kind != Kind::decision) return;
  if (record.action == "observation") return see_observation(seen);
  if (record.action == "rehearsal") {
    for (auto change : record.changes) {
      change.percent_after = change.percent_before;
      auto& now = course(seen, change.component, change.canary);
      now.rollout.stable = change.stable;
      add_step(now, seen, step_of(seen, change));
    }
  } else if (moves_traffic(record) && record.action != "rollback") {
    see_wait(seen);
  }
}

void RolloutPart::see_write(const Seen& seen) {
  const bool applied = seen.record.api && seen.record.api->result == "applied";
  for (const auto& change : seen.record.changes) {
    auto& now = course(seen, change.component, change.canary);
    now.rollout.stable = change.stable;
    add_step(now, seen, step_of(seen, change));
    if (applied) now.rollout.end = end_by(change.percent_after);
  }
}

void RolloutPart::see_confirmation(const Seen& seen) {
  for (const auto& change : seen.record.changes) {
    const auto found = open_.find({service_of(seen.record), change.component});
    if (found == open_.end()) continue;
    auto& steps = found->second.rollout.steps;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
      if (step->id != seen.record.id) continue;
      if (seen.record.kind == Kind::confirmed) {
        step->confirmed = seen.time;
      } else {
        step->unconfirmed = true;
      }
      break;
    }
  }
}

void RolloutPart::see_observation(const Seen& seen) {
  const Record& record = seen.record;
  ReportStep step =
      step_of(seen, {"", "", "", percent_in(record, "percent_before"), percent_in(record, "percent_after")});
  step.cause = detail_of(record, "manager");
  auto& now = course(seen, detail_of(record, "component"), detail_of(record, "revision"));
  add_step(now, seen, std::move(step));
  if (record.reason == "bypassed") now.rollout.end = RolloutEnd::promoted;
  if (record.reason == "undone") now.rollout.end = RolloutEnd::in_flight;
}

// A step forward that was not taken. It names no component but by a label of its alert.
void RolloutPart::see_wait(const Seen& seen) {
  if (!seen.in_period || seen.record.reason == "resolved") return;
  const std::string service = service_of(seen.record);
  const auto component = label_of(seen.record, "component");
  for (auto at = open_.lower_bound({service, component}); at != open_.end() && std::get<0>(at->first) == service;
       ++at) {
    if (!component.empty() && std::get<1>(at->first) != component) return;
    auto& now = at->second;
    now.in_period = true;
    now.rollout.last = seen.time;
    add_wait(now.rollout.waits, cut(seen.record.reason, longest_wait));
    return;
  }
}

RolloutPart::Course& RolloutPart::course(const Seen& seen, const std::string& component, const std::string& revision) {
  const Place place{service_of(seen.record), component};
  const auto found = open_.find(place);
  if (found != open_.end() && found->second.rollout.revision == revision) return found->second;
  if (found != open_.end()) {
    auto& former = found->second.rollout.end;
    if (former == RolloutEnd::in_flight) former = RolloutEnd::replaced;
    close(std::move(found->second));
    open_.erase(found);
  } else if (open_.size() >= most_open) {
    close(std::move(open_.begin()->second));
    open_.erase(open_.begin());
  }
  Course fresh;
  fresh.rollout.service = std::get<0>(place);
  fresh.rollout.component = component;
  fresh.rollout.revision = revision;
  fresh.rollout.first = seen.time;
  return open_[place] = std::move(fresh);
}

void RolloutPart::add_step(Course& course, const Seen& seen, ReportStep step) {
  course.in_period = course.in_period || seen.in_period;
  course.rollout.last = seen.time;
  if (course.rollout.steps.size() < report_step_limit && steps_ < most_steps) {
    ++steps_;
    course.rollout.steps.push_back(std::move(step));
  } else {
    ++course.rollout.omitted_steps;
  }
}

void RolloutPart::close(Course&& course) {
  if (!course.in_period || closed_.items.size() == report_limit) steps_ -= course.rollout.steps.size();
  if (!course.in_period) return;
  ++ended_;
  keep(closed_, std::move(course.rollout));
}

void RolloutPart::finish(Report& report) {
  for (auto& [place, course] : open_) close(std::move(course));
  open_.clear();
  std::sort(closed_.items.begin(), closed_.items.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.service, a.component) < std::tie(b.first, b.service, b.component);
  });
  report.sums.rollouts = ended_;
  report.rollouts = std::move(closed_);
}

}  // namespace canaryd::audit
