#include "replay_record.hpp"

#include <algorithm>

#include "canaryd/base/number.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::app {

namespace {

using policy::Reason;
using traffic::ComponentRollout;
using traffic::ConditionStatus;

// What stands in `text` behind `begin`, up to `end` or the text's end.
std::optional<std::string> between(const std::string& text, std::string_view begin, std::string_view end) {
  const auto at = text.find(begin);
  if (at == std::string::npos) return std::nullopt;
  const auto from = at + begin.size();
  const auto to = end.empty() ? std::string::npos : text.find(end, from);
  return text.substr(from, to == std::string::npos ? to : to - from);
}

std::optional<Revision> revision_in(const std::string& text, std::string_view begin) {
  const auto name = between(text, begin, ",");
  if (!name) return std::nullopt;
  return *name == "none" ? Revision() : Revision(*name);
}

std::optional<WallTime> time_in(const std::string& text, std::string_view begin, std::string_view end) {
  const auto time = between(text, begin, end);
  return time ? parse_rfc3339(*time) : std::nullopt;
}

// "predictor: created A, ready B, rolled out C, previous none, percent 25"
std::optional<ComponentRollout> component_in(const std::string& text) {
  const auto kind = traffic::component_from(text.substr(0, text.find(':')));
  const auto created = revision_in(text, ": created ");
  const auto ready = revision_in(text, ", ready ");
  const auto rolled_out = revision_in(text, ", rolled out ");
  const auto previous = revision_in(text, ", previous ");
  const auto percent = between(text, ", percent ", "");
  if (!kind || !created || !ready || !rolled_out || !previous || !percent) return std::nullopt;
  const auto share = number_from<int>(*percent);
  if (!share || *share < 0 || *share > 100) return std::nullopt;
  auto c = healthy_canary(*ready, *rolled_out, *share);
  c.component = *kind;
  c.latest_created = *created;
  c.latest_rolledout = *rolled_out;
  c.previous_rolledout = *previous;
  return c;
}

}  // namespace

ComponentRollout healthy_canary(const Revision& canary, const Revision& stable, int percent) {
  ComponentRollout c;
  c.percent = Percent::from(percent);
  c.raw_percent = percent;
  c.latest_created = canary;
  c.latest_ready = canary;
  // At 100 KServe calls the canary rolled out, and the stable revision the previous one.
  c.latest_rolledout = percent == 100 ? canary : stable;
  if (percent == 100) c.previous_rolledout = stable;
  c.traffic = {{canary, percent, "latest"}};
  if (percent < 100) c.traffic.push_back({stable, 100 - percent, "prev"});
  c.route.status = ConditionStatus::is_true;
  c.ready.status = ConditionStatus::is_true;
  return c;
}

traffic::Rollout healthy_rollout(const Target& target, ComponentRollout canary) {
  traffic::Rollout rollout;
  rollout.target = target;
  rollout.mode = traffic::Mode::knative;
  rollout.components = {std::move(canary)};
  return rollout;
}

PastFacts::PastFacts(const audit::Record* record) : record_(record) {
  if (record != nullptr) reason_ = policy::find_reason(record->reason);
}

const audit::GuardAnswer* PastFacts::find(Reason guard) const {
  if (record_ == nullptr) return nullptr;
  const auto found = std::find_if(record_->guards.begin(), record_->guards.end(),
                                  [&](const audit::GuardAnswer& g) { return g.guard == policy::name_of(guard); });
  return found == record_->guards.end() ? nullptr : &*found;
}

std::optional<bool> PastFacts::passed(Reason guard) const {
  const auto* answer = find(guard);
  return answer == nullptr ? std::nullopt : std::optional(answer->passed);
}

std::string PastFacts::detail(Reason guard) const {
  const auto* answer = find(guard);
  return answer == nullptr ? std::string() : answer->detail;
}

std::optional<ComponentRollout> PastFacts::canary() const {
  return passed(Reason::no_canary).value_or(false) ? component_in(detail(Reason::no_canary)) : std::nullopt;
}

std::optional<WallTime> PastFacts::first_traffic() const {
  const auto named = between(detail(Reason::stale_alert), ", first traffic of ", " and evidence window ");
  return named ? time_in(*named, " ", "") : std::nullopt;
}

std::optional<WallTime> PastFacts::share_since() const { return time_in(detail(Reason::dwell), " % since ", ","); }

std::optional<policy::GateAnswer> PastFacts::gate() const {
  using Verdict = policy::GateAnswer::Verdict;
  const auto failed = passed(Reason::gate_failed);
  const auto unknown = passed(Reason::gate_unknown);
  if (!failed || !unknown) return std::nullopt;
  policy::GateAnswer answer;
  answer.verdict = !*failed ? Verdict::failed : !*unknown ? Verdict::unknown : Verdict::passed;
  if (!*failed) answer.reasons.push_back("failed: " + detail(Reason::gate_failed));
  if (!*unknown) answer.reasons.push_back("unknown: " + detail(Reason::gate_unknown));
  return answer;
}

}  // namespace canaryd::app
