#include "state.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "canaryd/base/text.hpp"

namespace canaryd::engine {

namespace {

using traffic::StateEntry;
using traffic::StateMap;

constexpr int most_tries = 3;
constexpr std::size_t most_damaged_lines = 20;

// Another's write came between, or it is not known what ours did: to be seen by reading.
bool is_worth_another_try(const Error& error) {
  return error.kind == ErrorKind::rejected || error.kind == ErrorKind::conflict || error.kind == ErrorKind::not_found ||
         error.kind == ErrorKind::outcome_unknown;
}

}  // namespace

State::State(const Settings& settings, kube::KubeApi& api, const Clock& clock, Logger& logger, Metrics& metrics)
    : settings_(settings),
      api_(api),
      clock_(clock),
      logger_(logger),
      entries_(metrics.gauge("canaryd_state_entries", "Entries of canaryd-state that count.")),
      readable_(metrics.gauge("canaryd_state_readable", "1 while canaryd-state can be read and no key is damaged.")),
      waits_(metrics.gauge("canaryd_state_writes_waiting", "Changes that canaryd-state does not have yet.")) {}

void State::refresh(SteadyTime deadline) {
  const auto map = read(deadline);
  bool is_due = false;
  {
    const std::lock_guard lock(mutex_);
    is_due = map.has_value() && waiting_.size() > 0;
  }
  if (!is_due) return;
  if (const Turn turn(*this, std::nullopt); turn) write_waiting(*map, deadline);
}

Result<std::string> State::fetch(SteadyTime deadline) {
  const auto get = [&] { return api_.get_config_map(settings_.state_namespace, settings_.state_name, deadline); };
  auto body = get();
  if (body || body.error().kind != ErrorKind::not_found) return body;
  auto made = api_.create_config_map({settings_.state_namespace, settings_.state_name,
                                      traffic::empty_state(settings_.state_namespace, settings_.state_name),
                                      settings_.field_manager(), deadline});
  if (made) {
    logger_.info("state_created", {{"namespace", settings_.state_namespace.str()}, {"name", settings_.state_name}});
    return made;
  }
  // Another replica was faster, or the answer was lost.
  const auto kind = made.error().kind;
  return kind == ErrorKind::conflict || kind == ErrorKind::outcome_unknown ? get() : made;
}

Result<StateMap> State::read(SteadyTime deadline) {
  const SteadyTime asked = clock_.steady();
  // Not asked: that says nothing about the map.
  if (asked >= deadline) return fail(Error::unavailable("no time was left to read canaryd-state"));
  const auto body = fetch(deadline);
  auto map = body ? traffic::decode_state(*body) : fail(body.error());
  const std::lock_guard lock(mutex_);
  if (map) {
    accept(*map, asked);
  } else {
    if (!seen_ || asked >= as_of_) failed_at_ = asked;
    complain("state_unreadable", map.error());
  }
  count();
  return map;
}

// What was asked for before the copy was taken may be older than it.
void State::accept(const StateMap& map, SteadyTime as_of) {
  if (seen_ && as_of < as_of_) return;
  if (complaints_.erase("state_unreadable") > 0) logger_.info("state_readable_again");
  say_damaged(map);
  seen_ = map;
  as_of_ = as_of;
  if (failed_at_ && *failed_at_ <= as_of) failed_at_.reset();
}

void State::say_damaged(const StateMap& map) {
  std::set<std::string> now;
  std::size_t lines = 0;
  for (const auto& damaged : map.damaged) {
    auto text = state_text(damaged);
    if (!said_damaged_.contains(text) && ++lines <= most_damaged_lines) {
      logger_.error("state_damaged",
                    {{"key", damaged.key},
                     {"expected", damaged.expected},
                     {"remedy", "mend or remove it with kubectl; promotions it may be about are held"}});
    }
    now.insert(std::move(text));
  }
  if (lines > most_damaged_lines) logger_.error("state_damaged", {{"more_keys", lines - most_damaged_lines}});
  said_damaged_ = std::move(now);
}

// Said once until it ends: a refresh comes every few seconds.
void State::complain(const std::string& event, const Error& error) {
  if (!complaints_.insert(event).second) return;
  const std::string where = settings_.state_namespace.str() + "/" + settings_.state_name;
  logger_.error(event, {{"config_map", where}, {"kind", name_of(error.kind)}, {"error", error.message}});
}

State::Turn::Turn(State& state, std::optional<SteadyTime> deadline) : state_(state) {
  std::unique_lock lock(state_.turn_mutex_);
  const auto is_free = [this] { return !state_.writing_; };
  taken_ = deadline ? state_.turn_ended_.wait_until(lock, *deadline, is_free) : is_free();
  if (taken_) state_.writing_ = true;
}

State::Turn::~Turn() {
  if (!taken_) return;
  {
    const std::lock_guard lock(state_.turn_mutex_);
    state_.writing_ = false;
  }
  state_.turn_ended_.notify_one();
}

Status State::apply(const Planner& planner, SteadyTime deadline, std::optional<StateMap> first) {
  std::optional<Error> failed;
  std::string tested;  // the version that the last try was made for
  for (int tries = 0;; ++tries) {
    auto map = first ? Result<StateMap>(*std::exchange(first, std::nullopt)) : read(deadline);
    if (!map) return fail(failed && failed->kind == ErrorKind::outcome_unknown ? *failed : map.error());
    const auto plan = planner(*map);
    if (!plan) return fail(plan.error());
    if (plan->put.empty() && plan->remove.empty()) return {};
    // Refused though nothing has changed: not by our test.
    if (failed && failed->kind == ErrorKind::rejected && map->resource_version == tested) return fail(*failed);
    if (tries == most_tries) break;
    tested = map->resource_version;
    const auto answer = patch(*map, *plan, deadline);
    if (answer) return {};
    failed = answer.error();
    if (!is_worth_another_try(*failed)) return fail(*failed);
  }
  if (failed->kind == ErrorKind::outcome_unknown) return fail(*failed);
  return fail(Error{ErrorKind::conflict,
                    "canaryd-state was changed by others at each of " + std::to_string(most_tries) + " tries", 409});
}

Result<std::string> State::patch(const StateMap& map, const StatePlan& plan, SteadyTime deadline) {
  auto answer =
      api_.patch_config_map({settings_.state_namespace, settings_.state_name,
                             traffic::state_patch(map, plan.put, plan.remove), settings_.field_manager(), deadline});
  if (!answer) return answer;
  for (const auto& key : plan.dropped) {
    logger_.warn("state_quarantine_dropped", {{"key", key}, {"why", "canaryd-state is full; the oldest goes first"}});
  }
  const auto now = traffic::decode_state(*answer);
  const std::lock_guard lock(mutex_);
  if (now) accept(*now, clock_.steady());
  count();
  return answer;
}

Status State::write(const std::vector<StateEntry>& put, const std::vector<std::string>& remove, SteadyTime deadline) {
  const Turn turn(*this, deadline);
  if (!turn) return fail(Error::unavailable("another write to canaryd-state has not ended"));
  std::map<std::string, StateEntry> meant;
  std::set<std::string> keys(remove.begin(), remove.end());
  std::uint64_t sequence = 0;
  {
    const std::lock_guard lock(mutex_);
    sequence = waiting_.sequence();
    for (const auto& key : remove) {
      const auto* entry = seen_ ? find_entry(*seen_, key) : nullptr;
      if (entry != nullptr) meant.emplace(key, *entry);
    }
  }
  for (const auto& entry : put) keys.insert(entry.key());
  const auto planner = [&](const StateMap& map) -> Result<StatePlan> {
    if (says_already(map, put, remove)) return StatePlan{};
    for (const auto& [key, entry] : meant) {
      const auto* there = find_entry(map, key);
      if (there == nullptr || *there == entry) continue;
      return fail(Error{ErrorKind::conflict, key + " was replaced meanwhile: look at it and try again", 409});
    }
    return plan_state(map, put, remove, clock_.now());
  };
  const auto written = apply(planner, deadline);
  if (written) {
    const std::lock_guard lock(mutex_);
    waiting_.settled(keys, sequence);
    count();
  }
  return written;
}

void State::write_waiting(const StateMap& map, SteadyTime deadline) {
  StateWaiting::Batch batch;
  std::optional<Error> without_room;
  const auto planner = [&](const StateMap& fresh) -> Result<StatePlan> {
    {
      const std::lock_guard lock(mutex_);
      batch = waiting_.batch(fresh);
    }
    without_room.reset();
    if (batch.put.empty() && batch.remove.empty()) return StatePlan{};
    auto plan = plan_state(fresh, batch.put, batch.remove, clock_.now());
    if (plan) {
      // They count from memory until there is room.
      for (const auto& key : plan->left_out) batch.keys.erase(key);
      return plan;
    }
    without_room = plan.error();
    for (const auto& entry : batch.put) batch.keys.erase(entry.key());
    if (batch.remove.empty()) return StatePlan{};
    return plan_state(fresh, {}, batch.remove, clock_.now());
  };
  const auto written = apply(planner, deadline, map);
  const std::lock_guard lock(mutex_);
  if (written) waiting_.settled(batch.keys, batch.sequence);
  if (!written || without_room) {
    complain("state_not_written", written ? *without_room : written.error());
  } else if (complaints_.erase("state_not_written") > 0) {
    logger_.info("state_written_again");
  }
  count();
}

void State::say_lost(const std::string& key) {
  logger_.error("state_change_lost",
                {{"key", key}, {"why", "too many changes wait for canaryd-state, or too long a key"}});
}

void State::write_later(StateEntry entry) {
  const std::lock_guard lock(mutex_);
  const bool fits = entry.key().size() <= longest_state_key;
  const auto lost = fits ? waiting_.put(std::move(entry)) : entry.key();
  if (lost) say_lost(*lost);
  count();
}

void State::remove_later(const std::string& key) {
  const std::lock_guard lock(mutex_);
  if (const auto lost = waiting_.remove(key, seen_ ? find_entry(*seen_, key) : nullptr, clock_.now())) {
    say_lost(*lost);
  }
  count();
}

}  // namespace canaryd::engine
