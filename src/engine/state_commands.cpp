#include "state_commands.hpp"

#include <string>
#include <utility>
#include <vector>

#include "canaryd/base/random.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;
using policy::Verdict;
using traffic::StateEntry;

struct Change {
  Reason reason = Reason::hold_set;
  std::vector<StateEntry> put;
  std::vector<std::string> remove;
  std::string sentence;
};

std::string scope_words(const Command& command) {
  if (command.target) return command.target->str();
  return command.ns ? "namespace " + command.ns->str() : std::string("all services");
}

// "ml/iris" is told from "ml": a hold of the namespace stays when one of its services is released.
bool is_of_scope(const StateEntry& entry, const Command& command) {
  if (entry.kind == StateEntry::Kind::stop) return false;
  if (command.target) return entry.ns == command.target->ns && entry.name == command.target->name;
  return entry.name.empty() && entry.ns == command.ns.value_or(Namespace());
}

StateEntry entry_of(const Command& command, StateEntry::Kind kind, const std::string& record, WallTime now) {
  StateEntry entry;
  entry.kind = kind;
  if (command.target) {
    entry.ns = command.target->ns;
    entry.name = command.target->name;
  } else if (command.ns) {
    entry.ns = *command.ns;
  }
  entry.by = command.actor;
  entry.reason = command.why;
  entry.since = now;
  entry.until = command.until;
  entry.record = record;
  return entry;
}

// A damaged key of the scope is named too: to remove it is refused, and so the whole release.
Change release(const Command& command, const std::vector<StateEntry>& entries,
               const std::vector<traffic::DamagedEntry>& damaged) {
  Change change{Reason::released, {}, {}, {}};
  std::string still;
  for (const auto& entry : entries) {
    if (is_of_scope(entry, command)) {
      change.remove.push_back(entry.key());
    } else if (command.target && entry.kind == StateEntry::Kind::hold && entry.covers(*command.target)) {
      still += (still.empty() ? "" : ", ") + entry.key();
    }
  }
  for (const auto& one : damaged) {
    if (one.may_mean && is_of_scope(*one.may_mean, command)) change.remove.push_back(one.key);
  }
  change.sentence = "Released " + scope_words(command) + ": " + std::to_string(change.remove.size()) +
                    (change.remove.size() == 1 ? " entry" : " entries") + " removed.";
  if (!still.empty()) change.sentence += " Still covered by " + still + ".";
  return change;
}

Change change_of(const Command& command, const State& state, const std::string& record, WallTime now) {
  switch (command.verb) {
    case Verb::release:
      return release(command, state.entries(), state.damaged());
    case Verb::stop:
      return {Reason::stop_set,
              {entry_of(command, StateEntry::Kind::stop, record, now)},
              {},
              "Stopped: nothing is patched until it is started again."};
    case Verb::start:
      return {Reason::stop_lifted, {}, {"stop"}, "Started: canaryd acts again, unless its stop file exists."};
    default:
      break;
  }
  const std::string until = command.until ? " until " + to_rfc3339(*command.until) : std::string();
  return {Reason::hold_set,
          {entry_of(command, StateEntry::Kind::hold, record, now)},
          {},
          "Held " + scope_words(command) + until + ": nothing goes forward; rollbacks go on."};
}

Reason reason_of(const Error& error) {
  return error.kind == ErrorKind::forbidden ? Reason::forbidden : Reason::state_unknown;
}

}  // namespace

CommandAnswer StateCommands::execute(const Command& command, const Origin& origin) {
  const std::string id = random_id();
  if (command.verb != Verb::stop) state_.refresh(command.deadline);
  const auto change = change_of(command, state_, id, clock_.now());
  const std::string action = name_of(command.verb);
  const Target* target = command.target ? &*command.target : nullptr;
  const auto copy = command.target ? store_.find(*command.target) : std::nullopt;
  const traffic::Rollout* rollout = copy ? &*copy : nullptr;

  auto record =
      decision_record(id, origin, action, target, rollout, policy::Decision{Verdict::act, change.reason, {}, {}});
  record.message = change.sentence;
  record.details = {{"scope", scope_words(command)}};
  for (const auto& key : change.remove) record.details.emplace_back("removed " + key, "");
  if (!log_.append(record)) {
    recorder_.count(action, Verdict::retry, Reason::audit_unavailable);
    return {503, "retry", "audit_unavailable", id, "The audit log cannot be written: nothing was done."};
  }
  if (const auto written = state_.write(change.put, change.remove, command.deadline); !written) {
    const Reason reason = reason_of(written.error());
    const Verdict verdict = written.error().kind == ErrorKind::invalid ? Verdict::hold : Verdict::retry;
    auto failed = decision_record(id, origin, action, target, rollout, policy::Decision{verdict, reason, {}, {}});
    failed.message = "Not done, or not known to be: canaryd-state could not be written: " + written.error().message;
    static_cast<void>(log_.append(failed));
    recorder_.count(action, verdict, reason);
    return {verdict == Verdict::hold ? 409 : 503, std::string(name_of(verdict)), std::string(name_of(reason)), id,
            failed.message};
  }
  recorder_.count(action, Verdict::act, change.reason);
  return {200, "act", std::string(name_of(change.reason)), id, change.sentence};
}

}  // namespace canaryd::engine
