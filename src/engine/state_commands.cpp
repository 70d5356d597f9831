#include "state_commands.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "canaryd/audit/redaction.hpp"
#include "canaryd/base/random.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;
using policy::Verdict;
using traffic::StateEntry;

constexpr const char* removed = "removed";  // a detail of the intent: the keys that are taken away; keys have no spaces

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
  entry.reason = audit::without_secrets(command.why);
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

Reason reason_of(ErrorKind kind) { return kind == ErrorKind::forbidden ? Reason::forbidden : Reason::state_unknown; }
Verdict verdict_of(ErrorKind kind) { return kind == ErrorKind::invalid ? Verdict::hold : Verdict::retry; }

audit::Record done(const audit::Record& intent, std::string sentence) {
  auto outcome = intent;
  outcome.kind = audit::Kind::outcome;
  outcome.message = std::move(sentence);
  return outcome;
}

audit::Record not_done(const audit::Record& intent, ErrorKind kind, const std::string& why) {
  auto outcome = done(intent, "Not done, or not known to be: canaryd-state could not be written: " + why);
  outcome.verdict = name_of(verdict_of(kind));
  outcome.reason = name_of(reason_of(kind));
  return outcome;
}

std::string joined(const std::vector<std::string>& keys) {
  std::string out;
  for (const auto& key : keys) out += (out.empty() ? "" : " ") + key;
  return out;
}

// Of many the log has only the first: by these it is judged.
std::set<std::string> keys_of(const audit::Record& intent) {
  std::set<std::string> keys;
  for (const auto& [name, value] : intent.details) {
    if (name != removed) continue;
    std::istringstream words(value);
    for (std::string key; words >> key;) keys.insert(key);
  }
  return keys;
}

bool is_of_people(const audit::Record& record) {
  constexpr std::array verbs{Verb::hold, Verb::release, Verb::stop, Verb::start};
  return std::any_of(verbs.begin(), verbs.end(), [&](Verb verb) { return record.action == name_of(verb); });
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

  auto intent =
      decision_record(id, origin, action, target, rollout, policy::Decision{Verdict::act, change.reason, {}, {}});
  intent.kind = audit::Kind::intent;
  intent.message = "canaryd-state is to say: " + change.sentence;
  intent.details = {{"scope", scope_words(command)}};
  if (command.until) intent.details.emplace_back("until", to_rfc3339(*command.until));
  if (!change.remove.empty()) intent.details.emplace_back(removed, joined(change.remove));
  if (!log_.append(intent)) {
    recorder_.count(action, Verdict::retry, Reason::audit_unavailable);
    return {503, "retry", "audit_unavailable", id, "The audit log cannot be written: nothing was done."};
  }
  const auto written = state_.write(change.put, change.remove, command.deadline);
  const auto outcome =
      written ? done(intent, change.sentence) : not_done(intent, written.error().kind, written.error().message);
  if (!log_.append(outcome)) {
    const std::lock_guard lock(mutex_);
    open_.push_back(std::move(intent));
    recorder_.count(action, Verdict::retry, Reason::audit_unavailable);
    return {503, "retry", "audit_unavailable", id,
            outcome.message + " The audit log cannot be written; it will say so."};
  }
  recorder_.count(action, written ? Verdict::act : verdict_of(written.error().kind),
                  written ? change.reason : reason_of(written.error().kind));
  const int status = written ? 200 : outcome.verdict == name_of(Verdict::hold) ? 409 : 503;
  return {status, outcome.verdict, outcome.reason, id, outcome.message};
}

void StateCommands::take_up(const std::vector<audit::Record>& open_intents) {
  const std::lock_guard lock(mutex_);
  std::copy_if(open_intents.begin(), open_intents.end(), std::back_inserter(open_), is_of_people);
}

void StateCommands::settle() {
  const std::lock_guard lock(mutex_);
  if (open_.empty() || !state_.is_known()) return;
  std::erase_if(open_, [&](const audit::Record& intent) {
    const auto outcome = is_done(intent)
                             ? done(intent, "Settled later: " + intent.message)
                             : not_done(intent, ErrorKind::unavailable, "it does not show what was asked for");
    return log_.append(outcome).has_value();
  });
}

// A hold that another one has replaced since does not show any more, and neither does what it would have removed.
bool StateCommands::is_done(const audit::Record& intent) const {
  const auto entries = state_.entries();
  const bool puts = intent.action == name_of(Verb::hold) || intent.action == name_of(Verb::stop);
  if (puts)
    return std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return entry.record == intent.id; });
  const auto keys = keys_of(intent);
  return std::none_of(entries.begin(), entries.end(), [&](const auto& entry) { return keys.contains(entry.key()); });
}

}  // namespace canaryd::engine
