#include <algorithm>
#include <iterator>

#include "canaryd/base/text.hpp"
#include "state.hpp"

// What State answers from what it has: none of it does I/O.
namespace canaryd::engine {

namespace {

using traffic::StateEntry;
using Kind = StateEntry::Kind;

constexpr auto trusted_for = std::chrono::seconds(30);

bool concerns(const StateEntry& entry, const Target& target, const Revision& canary, const std::string& component) {
  if (!entry.covers(target)) return false;
  if (entry.kind == Kind::quarantine) return entry.about == canary.str();
  return entry.kind != Kind::lowered || entry.about == component;
}

}  // namespace

std::string state_text(const traffic::DamagedEntry& damaged) {
  return escaped(damaged.key) + ": expected " + damaged.expected;
}

bool State::is_current() const {
  if (!seen_ || clock_.steady() - as_of_ > trusted_for) return false;
  return !failed_at_;
}

bool State::is_known() const {
  const std::lock_guard lock(mutex_);
  return is_current();
}

void State::each(const std::function<void(const StateEntry&)>& visit) const {
  static const std::vector<StateEntry> none;
  const WallTime now = clock_.now();
  waiting_.each(seen_ ? seen_->entries : none, [&](const StateEntry& entry) {
    if (!is_expired(entry, now)) visit(entry);
  });
}

void State::count() {
  double entries = 0;
  each([&](const StateEntry&) { ++entries; });
  entries_.set(entries);
  waits_.set(static_cast<double>(waiting_.size()));
  readable_.set(is_current() && seen_->damaged.empty() ? 1 : 0);
}

StateFacts State::about(const Target& target, const Revision& canary, const std::string& component) const {
  const std::lock_guard lock(mutex_);
  StateFacts facts;
  facts.known = is_current() && std::none_of(seen_->damaged.begin(), seen_->damaged.end(), [&](const auto& damaged) {
                  return !damaged.may_mean || concerns(*damaged.may_mean, target, canary, component);
                });
  each([&](const StateEntry& entry) {
    if (!concerns(entry, target, canary, component)) return;
    if (entry.kind == Kind::hold) facts.holds.push_back({scope_of(entry), entry.by, entry.reason});
    facts.stopped |= entry.kind == Kind::stop;
    facts.quarantined |= entry.kind == Kind::quarantine;
    facts.lowered |= entry.kind == Kind::lowered;
  });
  return facts;
}

bool State::stopped() const {
  const std::lock_guard lock(mutex_);
  bool is_stopped = false;
  each([&](const StateEntry& entry) { is_stopped |= entry.kind == Kind::stop; });
  return is_stopped;
}

std::vector<StateEntry> State::entries() const {
  const std::lock_guard lock(mutex_);
  std::vector<StateEntry> out;
  each([&](const StateEntry& entry) { out.push_back(entry); });
  return out;
}

void State::visit_quarantines(const std::function<void(const StateEntry&)>& visit) const {
  const std::lock_guard lock(mutex_);
  each([&](const StateEntry& entry) {
    if (entry.kind == Kind::quarantine) visit(entry);
  });
}

std::optional<StateEntry> State::waiting(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const StateEntry* entry = waiting_.find(key);
  return entry == nullptr ? std::nullopt : std::optional(*entry);
}

std::vector<traffic::DamagedEntry> State::damaged() const {
  const std::lock_guard lock(mutex_);
  return seen_ ? seen_->damaged : std::vector<traffic::DamagedEntry>();
}

}  // namespace canaryd::engine
