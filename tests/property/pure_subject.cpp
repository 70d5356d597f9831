#include "pure_subject.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "canaryd/base/time_text.hpp"
#include "canaryd/policy/advance.hpp"
#include "canaryd/policy/decide.hpp"
#include "canaryd/traffic/decode.hpp"
#include "canaryd/traffic/patch.hpp"
#include "canaryd/traffic/state_map.hpp"
#include "pure_state.hpp"
#include "pure_watch.hpp"

namespace canaryd::property {

namespace {

using policy::AdvanceFacts;
using policy::AdvanceRequest;
using policy::Decision;
using policy::Reason;
using policy::Verdict;

constexpr auto alerts_last = std::chrono::minutes(5);
constexpr auto request_time = std::chrono::seconds(8);
constexpr auto warming = std::chrono::minutes(2);

class PureSubject final : public Subject {
 public:
  PureSubject(World& world, std::size_t replica)
      : w_(world),
        watch_(world.clock, world.cluster),
        policy_(world.setup.policy()),
        manager_("canaryd/pod-" + std::to_string(replica)) {}

  std::string manager() const override { return manager_; }
  void work() override {}
  void lose_watch() override {}
  void list_anew() override { see(); }
  void fail_audit(bool fails) override { audit_fails_ = fails; }
  std::vector<Said> said() override { return {}; }
  void die_after(int /*writes*/) override {}
  bool has_intent_of(const std::string& /*patch*/) override { return true; }
  std::string verify() override { return ""; }
  void restart() override {
    started_ = w_.clock.steady();
    heard_.clear();
    watch_.forget();
    rolled_back_.clear();
  }

  void see() override { watch_.see(); }
  Answered deliver(const std::vector<alert::Alert>& alerts) override;
  Answered ask(const Ask& ask) override;

 private:
  Answered handle(const std::string& service, const std::vector<alert::Signal>& bad,
                  const std::vector<alert::Signal>& healthy);
  Answered roll_back(const traffic::Rollout& rollout, const alert::Signal& signal, bool& acted);
  Answered advance(const traffic::Rollout& rollout, const AdvanceRequest& request);
  Answered send(const Target& target, const std::string& patch, Reason done);
  Result<traffic::Rollout> read(const std::string& service);
  AdvanceFacts facts_about(const traffic::Rollout& rollout, const traffic::ComponentRollout& canary);
  void add_state(AdvanceFacts& facts, const Target& target, const traffic::ComponentRollout& canary);
  policy::Circumstances circumstances(const traffic::Rollout& rollout);
  bool is_stopped() const { return w_.around.stop_file || w_.cluster.state_data().contains("stop"); }

  World& w_;
  PureWatch watch_;
  const policy::Policy policy_;
  const std::string manager_;
  bool audit_fails_ = false;
  SteadyTime started_;
  SteadyTime deadline_;                                             // of the request
  std::map<std::string, std::map<std::string, SteadyTime>> heard_;  // service, fingerprint
  std::map<std::string, SteadyTime> rolled_back_;
  std::set<std::string> quarantined_;
};

Result<traffic::Rollout> PureSubject::read(const std::string& service) {
  const auto body = w_.cluster.get_inferenceservice({home, ServiceName(service)}, deadline_);
  if (!body) return fail(body.error());
  return traffic::decode_rollout(*body);
}

Answered PureSubject::deliver(const std::vector<alert::Alert>& alerts) {
  deadline_ = w_.clock.steady() + request_time;
  std::map<std::string, std::pair<std::vector<alert::Signal>, std::vector<alert::Signal>>> by_service;
  for (const auto& alert : alerts) {
    const auto signal = alert::classify(alert, mappings(), {});
    if (!signal.target) continue;
    const std::string service = signal.target->name.str();
    const bool firing = alert.status == alert::AlertStatus::firing;
    if (signal.action == alert::Action::rollback) {
      if (firing) heard_[service][alert.fingerprint] = w_.clock.steady();
      if (!firing) heard_[service].erase(alert.fingerprint);
      by_service[service].first.push_back(signal);
    } else if (signal.action == alert::Action::advance) {
      by_service[service].second.push_back(signal);
    }
  }
  Answered answer;
  for (const auto& [service, signals] : by_service) {
    const auto one = handle(service, signals.first, signals.second);
    answer.status = std::max(answer.status, one.status);
    answer.text += (answer.text.empty() ? "" : "; ") + one.text;
  }
  return answer;
}

// Rollbacks first; what went back does not go forward in the same notification.
Answered PureSubject::handle(const std::string& service, const std::vector<alert::Signal>& bad,
                             const std::vector<alert::Signal>& healthy) {
  Answered answer;
  bool acted = false;
  for (const auto& signal : bad) {
    for (int attempt = 0; attempt < 3 && !acted; ++attempt) {
      const auto rollout = read(service);
      if (!rollout) {
        if (rollout.error().kind == ErrorKind::not_found) return {200, "not_found"};
        return {503, "cluster_unavailable"};
      }
      answer = roll_back(*rollout, signal, acted);
      if (answer.text != "conflict") break;
    }
  }
  for (const auto& signal : healthy) {
    if (signal.alert.status != alert::AlertStatus::firing || acted) continue;
    const auto rollout = read(service);
    if (!rollout) continue;
    AdvanceRequest request;
    request.revision = signal.revision;
    request.percent = signal.percent;
    request.starts_at = signal.alert.starts_at;
    const auto one = advance(*rollout, request);
    if (bad.empty()) answer = {200, one.text};
  }
  return answer;
}

policy::Circumstances PureSubject::circumstances(const traffic::Rollout& rollout) {
  policy::Circumstances out;
  out.now = w_.clock.now();
  out.stopped = is_stopped();
  for (const auto& c : rollout.components) {
    const std::string service = rollout.target.name.str();
    if (const auto since = watch_.share_since(service, c)) out.first_traffic[c.latest_ready] = *since;
    if (const auto since = watch_.full_since(service, c)) out.full_since[c.latest_ready] = *since;
  }
  for (const auto& revision : policy::revisions_to_ask(rollout)) {
    const auto body = w_.cluster.get_revision(home, revision, deadline_);
    if (body) out.revision_ready[revision] = traffic::decode_revision(*body)->ready;
  }
  return out;
}

Answered PureSubject::roll_back(const traffic::Rollout& rollout, const alert::Signal& signal, bool& acted) {
  const auto decision = policy::decide_rollback(signal, rollout, &policy_, circumstances(rollout));
  if (decision.verdict != Verdict::act) return {200, std::string(name_of(decision.reason))};
  const auto answer = send(rollout.target, traffic::rollback_patch(rollout, decision.components), Reason::rolled_back);
  if (answer.status != 200) return answer;
  acted = true;
  const std::string service = rollout.target.name.str();
  rolled_back_[service] = w_.clock.steady();
  for (const auto component : decision.components) {
    const std::string revision = rollout.find(component)->latest_ready.str();
    quarantined_.insert(service + "/" + rollout.uid.str() + "/" + revision);
    quarantine(w_, service, revision);
  }
  return answer;
}

Answered PureSubject::send(const Target& target, const std::string& patch, Reason done) {
  if (audit_fails_) return {503, "audit_unavailable"};
  const auto body = w_.cluster.patch_inferenceservice({target, patch, manager_, false, deadline_});
  if (body) return {200, std::string(name_of(done))};
  return {503, body.error().kind == ErrorKind::rejected ? "conflict" : canaryd::name_of(body.error().kind)};
}

AdvanceFacts PureSubject::facts_about(const traffic::Rollout& rollout, const traffic::ComponentRollout& canary) {
  const std::string service = rollout.target.name.str();
  const auto steady = w_.clock.steady();
  AdvanceFacts facts;
  facts.now = w_.clock.now();
  facts.stopped = is_stopped();
  facts.warming_up = steady - started_ < warming;
  std::size_t lately = 0;
  for (const auto& [name, at] : rolled_back_) lately += steady - at <= w_.setup.breaker().window ? 1 : 0;
  facts.breaker_open = lately > w_.setup.max_rollbacks;
  for (const auto& [fingerprint, at] : heard_[service]) {
    if (steady - at <= alerts_last) facts.bad_alerts.push_back(fingerprint);
  }
  facts.share_since = watch_.share_since(service, canary);
  const auto body = w_.cluster.get_revision(home, canary.latest_ready, deadline_);
  if (body) {
    const auto revision = traffic::decode_revision(*body);
    facts.revision_created = revision->created;
    facts.revision_ready_since = revision->ready_since;
  }
  add_state(facts, rollout.target, canary);
  return facts;
}

void PureSubject::add_state(AdvanceFacts& facts, const Target& target, const traffic::ComponentRollout& canary) {
  const auto body = w_.cluster.get_config_map(Namespace("canaryd"), "canaryd-state", deadline_);
  const auto state = body ? traffic::decode_state(*body) : tl::unexpected<Error>(body.error());
  facts.state_known = state && state->damaged.empty();
  if (!state) return;
  for (const auto& entry : state->entries) {
    if (!entry.covers(target) || (entry.until && *entry.until <= facts.now)) continue;
    if (entry.kind == traffic::StateEntry::Kind::hold) facts.holds.push_back({"a scope", entry.by, entry.reason});
    if (entry.kind == traffic::StateEntry::Kind::quarantine && entry.about == canary.latest_ready.str()) {
      facts.quarantined = true;
    }
  }
  const std::string service = target.name.str();
  facts.lowered_by_hand =
      w_.oracle.is_lowered(service, w_.cluster.look(service).of(traffic::name_of(canary.component)));
  for (const auto& known : quarantined_) {
    if (known.starts_with(service + "/") && known.ends_with("/" + canary.latest_ready.str())) facts.quarantined = true;
  }
}

Answered PureSubject::advance(const traffic::Rollout& rollout, const AdvanceRequest& request) {
  for (const auto& c : rollout.components) {
    if (request.revision && c.latest_ready != *request.revision) continue;
    auto facts = facts_about(rollout, c);
    auto decision = policy::decide_advance(request, rollout, &policy_, facts);
    if (!policy::would_act(decision)) return {409, std::string(name_of(decision.reason))};
    const std::string service = rollout.target.name.str();
    facts.gate = w_.prometheus.judge(service, w_.cluster.look(service).of(traffic::name_of(c.component)), policy_);
    decision = policy::decide_advance(request, rollout, &policy_, facts);
    if (decision.verdict != Verdict::act) return {409, std::string(name_of(decision.reason))};
    return send(rollout.target, traffic::step_patch(rollout, decision.step->component, decision.step->to),
                decision.reason);
  }
  return {409, std::string(name_of(policy::decide_advance(request, rollout, &policy_, {}).reason))};
}

Answered PureSubject::ask(const Ask& ask) {
  deadline_ = w_.clock.steady() + request_time;
  if (ask.verb != Ask::Verb::rollback && ask.verb != Ask::Verb::advance && ask.verb != Ask::Verb::promote) {
    if (ask.verb == Ask::Verb::release) {
      const auto covers = [&](const auto& known) {
        return ask.service.empty() || known.starts_with(ask.service + "/");
      };
      std::erase_if(quarantined_, covers);
    }
    return write_state(w_, ask);
  }
  const auto rollout = read(ask.service);
  if (!rollout) return {503, "cluster_unavailable"};
  if (ask.verb == Ask::Verb::rollback) {
    alert::Signal signal;
    signal.action = alert::Action::rollback;
    signal.target = rollout->target;
    signal.alert.starts_at = w_.clock.now();
    for (const auto& c : rollout->components) {
      if (policy::is_exposed(c)) signal.revision = c.latest_ready;
    }
    bool acted = false;
    return signal.revision ? roll_back(*rollout, signal, acted) : Answered{409, "no_canary"};
  }
  AdvanceRequest request;
  request.by_hand = true;
  request.overrides = ask.overrides;
  if (ask.verb == Ask::Verb::promote) request.wish = AdvanceRequest::Wish::promote;
  return advance(*rollout, request);
}

}  // namespace

std::unique_ptr<Subject> make_pure_subject(World& world, std::size_t replica) {
  return std::make_unique<PureSubject>(world, replica);
}

}  // namespace canaryd::property
