#include "quarantines.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "canaryd/audit/redaction.hpp"
#include "canaryd/base/random.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::engine {

namespace {

using traffic::StateEntry;

constexpr auto time_to_write = std::chrono::seconds(5);  // canaryd-state; a moment, where it can be written at all

// Details of the intent: what the entries are made of again. Names of revisions have no spaces.
constexpr const char* rollback_id = "rollback";
constexpr const char* revisions = "revisions";
constexpr const char* since_when = "since";
constexpr const char* why = "why";

StateEntry entry_of(const audit::TargetRef& target, const std::string& revision, WallTime since) {
  StateEntry entry;
  entry.kind = StateEntry::Kind::quarantine;
  entry.ns = Namespace(target.ns);
  entry.name = ServiceName(target.name);
  entry.about = revision;
  entry.since = since;
  return entry;
}

std::string names_of(const audit::Record& record) {
  std::string names = record.because;
  for (const auto& alert : record.alerts) names += (names.empty() ? "" : ", ") + alert.name;
  return audit::without_secrets(std::move(names));
}

// Of a rollback, by any of its records.
std::vector<StateEntry> entries_of_rollback(const audit::Record& record, WallTime since) {
  std::vector<StateEntry> entries;
  for (const auto& change : record.changes) {
    auto entry = entry_of(record.target.value_or(audit::TargetRef{}), change.canary, since);
    entry.by = record.actor;
    entry.reason = names_of(record);
    entry.record = record.id;
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string detail(const audit::Record& record, const std::string& name) {
  const auto found =
      std::find_if(record.details.begin(), record.details.end(), [&](const auto& pair) { return pair.first == name; });
  return found == record.details.end() ? std::string() : found->second;
}

// Of an intent, as it stands in the audit log; a time that cannot be read is `otherwise`.
std::vector<StateEntry> entries_of_intent(const audit::Record& intent, WallTime otherwise) {
  std::vector<StateEntry> entries;
  const WallTime since = parse_rfc3339(detail(intent, since_when)).value_or(otherwise);
  std::istringstream names(detail(intent, revisions));
  for (std::string revision; names >> revision;) {
    auto entry = entry_of(intent.target.value_or(audit::TargetRef{}), revision, since);
    entry.by = intent.actor;
    entry.reason = detail(intent, why);
    entry.record = detail(intent, rollback_id);
    entries.push_back(std::move(entry));
  }
  return entries;
}

std::string words_of(const audit::Record& intent) {
  return "the quarantine of " + intent.target->ns + "/" + intent.target->name + " " + detail(intent, revisions);
}

audit::Record intent_of(const audit::Record& rollback, const std::vector<StateEntry>& waiting) {
  std::string names;
  for (const auto& entry : waiting) names += (names.empty() ? "" : " ") + entry.about;
  audit::Record intent;
  intent.kind = audit::Kind::intent;
  intent.id = random_id();
  intent.target = rollback.target;
  intent.action = Quarantines::action;
  intent.verdict = name_of(policy::Verdict::act);
  intent.reason = name_of(policy::Reason::quarantined);
  intent.config_sha256 = rollback.config_sha256;
  intent.actor = waiting.front().by;  // whose rollback it was
  intent.details = {{rollback_id, rollback.id},
                    {revisions, names},
                    {since_when, to_rfc3339(waiting.front().since)},
                    {why, waiting.front().reason}};
  intent.message = "canaryd-state could not be written yet: it is still to have " + words_of(intent) + ".";
  return intent;
}

audit::Record outcome_of(const audit::Record& intent, bool is_there) {
  auto outcome = intent;
  outcome.kind = audit::Kind::outcome;
  outcome.message = is_there ? "canaryd-state has " + words_of(intent) + "."
                             : "canaryd-state does not have " + words_of(intent) + ": released, or no room for it.";
  return outcome;
}

bool ends_a_rollback(const audit::Record& record) {
  return record.action == "rollback" && record.target &&
         (record.kind == audit::Kind::confirmed || record.kind == audit::Kind::unconfirmed);
}

}  // namespace

void Quarantines::rolled_back(const Intent& intent) {
  for (auto& entry : entries_of_rollback(intent.record, clock_.now())) state_.write_later(std::move(entry));
}

// What waits to be written is what the rollback put there, with its own time; not what came after it.
std::vector<StateEntry> Quarantines::still_waiting(const std::vector<StateEntry>& entries) const {
  std::vector<StateEntry> waiting;
  for (const auto& entry : entries) {
    auto found = state_.waiting(entry.key());
    if (found && found->record == entry.record) waiting.push_back(std::move(*found));
  }
  return waiting;
}

bool Quarantines::may_end(const audit::Record& last, SteadyTime since) {
  if (!ends_a_rollback(last)) return true;
  const auto waiting = still_waiting(entries_of_rollback(last, {}));
  if (waiting.empty()) return true;
  const std::lock_guard lock(mutex_);
  const auto is_its = [&](const audit::Record& intent) { return detail(intent, rollback_id) == last.id; };
  if (std::any_of(open_.begin(), open_.end(), is_its)) return true;
  if (clock_.steady() - since < time_to_write) return false;
  auto intent = intent_of(last, waiting);
  if (!log_.append(intent)) return false;
  open_.push_back(std::move(intent));
  return true;
}

void Quarantines::take_up(const std::vector<audit::Record>& open_intents) {
  const std::lock_guard lock(mutex_);
  for (const auto& record : open_intents) {
    if (!is_about(record) || !record.target) continue;
    for (auto& entry : entries_of_intent(record, clock_.now())) state_.write_later(std::move(entry));
    open_.push_back(record);
  }
}

void Quarantines::settle() {
  const std::lock_guard lock(mutex_);
  if (open_.empty()) return;
  std::set<std::string> there;
  state_.visit_quarantines([&](const StateEntry& entry) { there.insert(entry.key()); });
  std::erase_if(open_, [&](const audit::Record& intent) {
    const auto entries = entries_of_intent(intent, {});
    if (!still_waiting(entries).empty()) return false;
    const bool all = std::all_of(entries.begin(), entries.end(),
                                 [&](const StateEntry& entry) { return there.contains(entry.key()); });
    return log_.append(outcome_of(intent, all)).has_value();
  });
}

}  // namespace canaryd::engine
