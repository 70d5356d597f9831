#include "gate_asker.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "canaryd/policy/decide.hpp"

namespace canaryd::engine {

namespace {

using prometheus::Sample;
using Samples = std::vector<Sample>;

std::string seconds_text(std::chrono::milliseconds duration) {
  return std::to_string(std::max<std::int64_t>(1, duration.count() / 1000)) + "s";
}

// {namespace="ml",revision=~"a|b"}: names of Kubernetes need no escaping in PromQL, but a dot is any character.
std::string selector(const Target& target, const std::vector<Revision>& revisions) {
  std::string names;
  for (const auto& revision : revisions) {
    if (!names.empty()) names += '|';
    for (const char c : revision.str()) names += c == '.' ? std::string("[.]") : std::string(1, c);
  }
  return "{namespace=\"" + target.ns.str() + "\",revision=~\"" + names + "\"}";
}

std::string label(const Sample& sample, const std::string& name) {
  const auto found = sample.labels.find(name);
  return found == sample.labels.end() ? std::string() : found->second;
}

// ALERTS of this service by whatever labels the mappings name it: "ALERTS{...} or ALERTS{...}".
std::string alerts_query(const Target& target, const std::vector<alert::Mapping>& mappings) {
  std::set<std::string> selectors;
  for (const auto& mapping : mappings) {
    if (mapping.action != alert::Action::rollback && mapping.action != alert::Action::hold) continue;
    selectors.insert("ALERTS{" + mapping.labels.ns + "=\"" + target.ns.str() + "\"," + mapping.labels.name + "=\"" +
                     target.name.str() + "\"}");
  }
  std::string query;
  for (const auto& selector : selectors) query += (query.empty() ? "" : " or ") + selector;
  return query.empty() ? "ALERTS{namespace=\"" + target.ns.str() + "\"}" : query;
}

// The names of alerts that are mapped to a rollback or a hold and are pending or firing for this service.
std::vector<std::string> bad_alerts(const Samples& samples, const Target& target,
                                    const std::vector<alert::Mapping>& mappings) {
  std::vector<std::string> names;
  for (const auto& sample : samples) {
    alert::Alert seen;
    for (const auto& [key, value] : sample.labels) {
      if (key != "__name__" && key != "alertstate") seen.labels[key] = value;
    }
    const auto signal = alert::classify(seen, mappings, {});
    const bool is_bad = signal.action == alert::Action::rollback || signal.action == alert::Action::hold;
    if (!is_bad || (signal.target && *signal.target != target)) continue;
    const std::string name = label(sample, "alertname");
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

// Asks one question after the other in one deadline; the first that is not answered whole ends it.
class Questions {
 public:
  Questions(prometheus::Client& client, SteadyTime deadline) : client_(client), deadline_(deadline) {}

  Samples ask(const char* about, const std::string& promql) {
    if (!problem_.empty()) return {};
    auto answer = client_.query(promql, deadline_);
    if (answer) return std::move(*answer);
    problem_ = std::string("unknown: ") + about + ": " + answer.error().message;
    return {};
  }
  // The same, of revisions: each has one figure of each source.
  Samples ask_of_revisions(const char* about, const std::string& promql) {
    auto samples = ask(about, promql);
    std::set<std::pair<std::string, std::string>> seen;
    for (const auto& sample : samples) {
      if (seen.emplace(label(sample, "revision"), label(sample, "source")).second) continue;
      problem_ = std::string("unknown: ") + about + ": two series of one revision and source";
      return {};
    }
    return samples;
  }
  const std::string& problem() const { return problem_; }

 private:
  prometheus::Client& client_;
  const SteadyTime deadline_;
  std::string problem_;
};

std::optional<double> value_of(const Samples& samples, const Revision& revision, const std::string& source) {
  for (const auto& sample : samples) {
    if (label(sample, "revision") == revision.str() && label(sample, "source") == source) return sample.value;
  }
  return std::nullopt;
}

// Of several sources that measure one service, the one that saw most of the canary's requests: figures of two are never
// mixed.
std::string best_source(const Samples& requests, const Revision& canary) {
  const Sample* best = nullptr;
  for (const auto& sample : requests) {
    if (label(sample, "revision") != canary.str()) continue;
    if (best == nullptr || sample.value > best->value) best = &sample;
  }
  return best == nullptr ? std::string() : label(*best, "source");
}

// The mean of a revision, from its best source or, where that does not know it, from the one that does.
std::optional<double> mean_of(const Samples& samples, const Revision& revision, const std::string& source) {
  if (const auto own = value_of(samples, revision, source)) return own;
  const auto other = std::find_if(samples.begin(), samples.end(),
                                  [&](const Sample& sample) { return label(sample, "revision") == revision.str(); });
  return other == samples.end() ? std::nullopt : std::optional(other->value);
}

}  // namespace

policy::GateAnswer GateAsker::ask(const Target& target, const traffic::ComponentRollout& canary,
                                  const policy::Policy& policy, const std::vector<alert::Mapping>& mappings,
                                  SteadyTime deadline) const {
  using Verdict = policy::GateAnswer::Verdict;
  if (client_ == nullptr) return {Verdict::unknown, {"unknown: no prometheus.url is configured"}};
  const Revision& stable = policy::in_last_stage(canary) ? canary.previous_rolledout : canary.latest_rolledout;
  const std::string both = selector(target, {canary.latest_ready, stable});
  // Rates summed up in steps of 5 s: where nothing was measured nothing is counted.
  const std::string window = "[" + seconds_text(policy.promotion.dwell) + ":5s]) * 5";
  const std::string service = R"(namespace=")" + target.ns.str() + R"(",inferenceservice=")" + target.name.str() + '"';

  Questions questions(*client_, deadline);
  const auto requests = questions.ask_of_revisions("requests", "sum_over_time(canary:requests:rate2m" + both + window);
  const auto errors = questions.ask_of_revisions(
      "errors", "sum_over_time((canary:error_ratio:rate2m" + both + " * canary:requests:rate2m" + both + ")" + window);
  const auto latency = questions.ask_of_revisions("latency", "canary:latency_seconds:p95_2m" + both);
  const auto confidence = questions.ask_of_revisions("confidence", "canary:confidence:mean2m" + both);
  const auto alerts = questions.ask("alerts", alerts_query(target, mappings));
  const auto percent =
      questions.ask_of_revisions("share", "max by (revision) (canary:rollout:percent{" + service + ",component=\"" +
                                              traffic::name_of(canary.component) + "\",role=\"canary\"})");
  if (!questions.problem().empty()) return {Verdict::unknown, {questions.problem()}};

  const std::string source = best_source(requests, canary.latest_ready);
  const auto measured = [&](const Revision& revision) {
    return policy::Measured{value_of(requests, revision, source), value_of(errors, revision, source),
                            value_of(latency, revision, source), mean_of(confidence, revision, source)};
  };
  policy::Evidence evidence;
  evidence.canary = measured(canary.latest_ready);
  evidence.stable = measured(stable);
  evidence.active_alerts = bad_alerts(alerts, target, mappings);
  evidence.percent = value_of(percent, canary.latest_ready, "");
  return policy::judge_gate(evidence, policy, static_cast<int>(canary.raw_percent.value_or(-1)));
}

}  // namespace canaryd::engine
