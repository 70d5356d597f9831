#include "recorder.hpp"

#include <utility>

#include "canaryd/base/random.hpp"

namespace canaryd::engine {

namespace {

// An episode of an alert (the fingerprint repeats across episodes) about a target, as it stands.
std::string episode_of(const alert::Signal& signal, const Target* target) {
  std::string episode = signal.alert.fingerprint;
  episode += signal.alert.status == alert::AlertStatus::firing ? " firing " : " resolved ";
  episode += std::to_string(signal.alert.starts_at.time_since_epoch().count());
  if (target != nullptr) episode += " " + target->str();
  return episode;
}

// What the guard that decided saw.
std::string detail_of(const policy::Decision& decision) {
  for (const auto& guard : decision.guards) {
    if (guard.reason == decision.reason && !guard.passed) return guard.detail;
  }
  return decision.guards.empty() ? std::string() : decision.guards.back().detail;
}

// What makes a decision another one than the last. A step forward is asked about each minute, with other figures each
// time: there it is the guards that hold it.
std::string outcome_of(const alert::Signal& signal, const policy::Decision& decision, const std::string& detail) {
  std::string outcome(name_of(decision.reason));
  if (signal.action != alert::Action::advance) return outcome + " " + detail;
  for (const auto& guard : decision.guards) {
    if (!guard.passed) outcome += " " + std::string(name_of(guard.reason));
  }
  return outcome;
}

}  // namespace

Recorder::Recorder(audit::AuditLog& log, Logger& logger, Metrics& metrics)
    : log_(log),
      logger_(logger),
      metrics_(metrics),
      repeats_(metrics.counter("canaryd_repeated_decisions_total",
                               "Decisions that repeated the last one and were only counted.")) {}

Note Recorder::note(const Origin& origin, const alert::Signal& signal, const Target* target,
                    const traffic::Rollout* rollout, const policy::Decision& decision) {
  count(alert::name_of(signal.action), decision.verdict, decision.reason);
  std::string detail = detail_of(decision);
  return {{episode_of(signal, target), outcome_of(signal, decision, detail)},
          decision_record(random_id(), origin, signal, target, rollout, decision),
          decision.verdict,
          decision.reason,
          target == nullptr ? std::string("an alert without a service") : target->str(),
          std::move(detail)};
}

std::vector<Handled> Recorder::write(std::vector<Note> notes) {
  if (notes.empty()) return {};
  std::vector<DecisionMemory::Decided> decided;
  decided.reserve(notes.size());
  for (auto& note : notes) decided.push_back(std::move(note.decided));
  DecisionMemory::Turn turn(memory_, std::move(decided));

  std::vector<audit::Record> records;
  records.reserve(notes.size());
  for (std::size_t i = 0; i < notes.size(); ++i) {
    if (turn.is_repeat(i)) {
      repeats_.add();
    } else {
      records.push_back(std::move(notes[i].record));
    }
  }
  const bool written = records.empty() || log_.append(records).has_value();
  if (written) turn.recorded();

  std::vector<Handled> all;
  all.reserve(notes.size());
  for (std::size_t i = 0; i < notes.size(); ++i) {
    const Note& note = notes[i];
    if (!written && !turn.is_repeat(i)) {
      all.push_back({true, answer_line(policy::Reason::audit_unavailable, note.about)});
      continue;
    }
    all.push_back({note.verdict == policy::Verdict::retry, answer_line(note.reason, note.about)});
    if (!turn.is_repeat(i)) say(note);
  }
  return all;
}

// What is settled is told by the audit log and the metrics; a line an alert would say it a third time.
void Recorder::say(const Note& note) {
  const auto write = note.verdict == policy::Verdict::retry ? &Logger::info : &Logger::debug;
  (logger_.*write)("decided", {{"service", note.about},
                               {"verdict", name_of(note.verdict)},
                               {"reason", name_of(note.reason)},
                               {"detail", note.detail}});
}

void Recorder::action(const alert::Signal& signal, const Target& target, policy::Verdict verdict,
                      policy::Reason reason) {
  count(alert::name_of(signal.action), verdict, reason);
  memory_.forget(episode_of(signal, &target));
}

void Recorder::count(const std::string& action, policy::Verdict verdict, policy::Reason reason) {
  metrics_
      .counter(
          "canaryd_decisions_total", "Decisions, by what was asked for and why it was decided so.",
          {{"action", action}, {"verdict", std::string(name_of(verdict))}, {"reason", std::string(name_of(reason))}})
      .add();
}

}  // namespace canaryd::engine
