#include "background.hpp"

#include <algorithm>
#include <map>

#include "records.hpp"

namespace canaryd::engine {

namespace {

constexpr auto tick = std::chrono::seconds(1);
constexpr int ticks_between_looks = 30;
constexpr std::size_t most_unwritten = 1000;

bool same_tests(const Intent& a, const Intent& b) {
  return a.id != b.id && a.target == b.target && a.uid == b.uid && a.generation == b.generation;
}

bool is_rollback(const Intent& intent) { return intent.record.action == "rollback"; }

}  // namespace

Background::Background(const Settings& settings, audit::AuditLog& log, Reader& reader, RolloutStore& store,
                       Rehearsal& rehearsal, const Clock& clock, Logger& logger, Metrics& metrics)
    : settings_(settings),
      log_(log),
      reader_(reader),
      store_(store),
      rehearsal_(rehearsal),
      clock_(clock),
      logger_(logger),
      unconfirmed_(metrics.gauge("canaryd_rollbacks_unconfirmed", "Rollbacks that status does not show yet.")),
      open_intents_(metrics.gauge("canaryd_intents_open", "Patches whose outcome is not known yet.")),
      confirmations_(settings.field_manager()) {}

Background::~Background() { stop(); }

void Background::take_up() {
  const auto intent_of = [&](const audit::Record& record) {
    auto intent = intent_from(record, clock_.steady());
    intent.taken_up = true;
    return intent;
  };
  for (const auto& record : log_.recovered().open_intents) {
    if (!record.changes.empty()) settle_later(intent_of(record));  // others are about canaryd-state
  }
  for (const auto& record : log_.recovered().unconfirmed) {
    // Not looked at yet: before the first list an absent copy does not mean that the service is gone.
    const auto intent = intent_of(record);
    confirmations_.add(intent, std::chrono::minutes(1), clock_.steady());
    if (is_rollback(intent)) recent_.add(intent, clock_.now());
    // What follows from it may not have been written down before the process died.
    if (hooks_.applied) hooks_.applied(intent);
  }
}

void Background::start() {
  thread_ = std::thread([this] { run(); });
}

void Background::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Background::changed(const Target& target, const traffic::Rollout* before) {
  {
    const std::lock_guard lock(mutex_);
    auto& oldest = changed_[target];
    if (before != nullptr && !oldest) oldest = *before;
  }
  wake_.notify_all();
}

void Background::confirm(const Intent& intent, std::chrono::milliseconds within) {
  confirmations_.add(intent, within, clock_.steady());
  if (is_rollback(intent)) recent_.add(intent, clock_.now());
  if (hooks_.applied) hooks_.applied(intent);
  changed(intent.target);
}

void Background::poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
  }
  wake_.notify_all();
}

RecentRollbacks::Find Background::copies() const {
  return [this](const Target& target) { return store_.find(target); };
}

std::vector<MetricFamily> Background::series() const {
  auto families = recent_.series(clock_.now());
  auto pending = recent_.pending(copies(), clock_.now());
  for (const auto& rollout : store_.exposed()) {
    for (auto& one : pending_rollbacks(rollout)) pending.push_back(std::move(one));
  }
  families.push_back(unconfirmed_series(std::move(pending)));
  return families;
}

void Background::settle_later(const Intent& intent) {
  {
    const std::lock_guard lock(mutex_);
    bool has_twin = false;
    for (auto& other : open_) {
      if (!same_tests(other.intent, intent)) continue;
      other.has_twin = true;
      has_twin = true;
    }
    open_.push_back({intent, has_twin});
    open_intents_.set(static_cast<double>(open_.size()));
  }
  wake_.notify_all();
}

bool Background::has_twin(const Intent& intent) const {
  const std::lock_guard lock(mutex_);
  return std::any_of(open_.begin(), open_.end(), [&](const Open& other) { return same_tests(other.intent, intent); });
}

void Background::sending(const Intent& intent) {
  const std::lock_guard lock(mutex_);
  sending_.push_back(intent);
}

void Background::sent(const Intent& intent) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sending_, [&](const Intent& other) { return other.id == intent.id; });
}

std::vector<Intent> Background::take_disproved(const Intent& applied) {
  std::vector<Intent> taken;
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const Open& open) {
    const bool disproved = same_tests(open.intent, applied);
    if (disproved) taken.push_back(open.intent);
    return disproved;
  });
  open_intents_.set(static_cast<double>(open_.size()));
  return taken;
}

void Background::run() {
  next_tick_ = clock_.steady() + tick;
  while (true) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, next_tick_, [&] { return stopping_ || poked_ || !changed_.empty(); });
      if (stopping_) break;
    }
    turn();
  }
  write({});
}

void Background::turn() {
  Changed changed;
  {
    const std::lock_guard lock(mutex_);
    changed.swap(changed_);
    poked_ = false;
  }
  look_at(changed);
  write_ends();
  if (clock_.steady() < next_tick_) return;
  check_overdue();
  recent_.look(copies(), clock_.now());
  settle_open();
  if (++ticks_ % ticks_between_looks == 0) look_again();
  next_tick_ = clock_.steady() + tick;
}

void Background::look_at(const Changed& targets) {
  for (const auto& [target, before] : targets) {
    const auto copy = store_.find(target);
    if (confirmations_.waits_for(target)) {
      end(confirmations_.observe(target, copy ? &*copy : nullptr, clock_.steady()));
    }
  }
  for (const auto& [target, before] : targets) {
    const auto copy = store_.find(target);
    if (hooks_.changed) hooks_.changed(target, before, copy);
    if (!copy) {
      rehearsal_.forget(target);
    } else if (const auto record = rehearsal_.look_at(*copy)) {
      write({*record});
    }
  }
}

// A rehearsal that the API server could not answer is tried again. And an idle connection is dropped after 50 s: while
// a canary is in flight a read keeps one open, so that a rollback does not begin with a handshake.
void Background::look_again() {
  const auto exposed = store_.exposed();
  if (exposed.empty()) return;
  static_cast<void>(reader_.fresh(exposed.front().target, clock_.steady() + std::chrono::seconds(3)));
  const std::lock_guard lock(mutex_);
  for (const auto& rollout : exposed) changed_.try_emplace(rollout.target);
}

void Background::check_overdue() {
  std::map<Target, traffic::Rollout> copies;
  const auto targets = confirmations_.targets();
  unconfirmed_.set(static_cast<double>(confirmations_.rollbacks()));
  for (const auto& target : targets) {
    if (auto copy = store_.find(target)) copies.emplace(target, std::move(*copy));
  }
  end(confirmations_.overdue(copies, clock_.steady()));
}

void Background::settle_open() {
  std::vector<Open> open;
  {
    const std::lock_guard lock(mutex_);
    open = open_;
  }
  for (const auto& entry : open) {
    const Intent& intent = entry.intent;
    const auto reading = reader_.fresh(intent.target, clock_.steady() + std::chrono::seconds(3));
    const Result<traffic::Rollout> rollout =
        reading ? Result<traffic::Rollout>(reading->rollout) : fail(reading.error());
    const auto seen = settle(intent, rollout, settings_.field_manager(), clock_.steady());
    if (!seen) continue;
    const auto settlement = take_settled(intent, *seen);
    if (!settlement) continue;
    write({settlement_record(intent.record, settlement->result, settlement->detail)});
    if (settlement->result == "applied") confirm(intent, std::chrono::minutes(1));
    logger_.warn("intent_settled", {{"id", intent.id},
                                    {"service", intent.target.str()},
                                    {"result", settlement->result},
                                    {"why", settlement->detail}});
  }
}

// nullopt: not now, or a later outcome disproved it meanwhile. Asked after the reading, so that a patch which began
// before it is known here, or has taken its twins out of the list already.
std::optional<Settlement> Background::take_settled(const Intent& intent, Settlement settlement) {
  const std::lock_guard lock(mutex_);
  const auto is_twin = [&](const Intent& other) { return same_tests(other, intent); };
  if (std::any_of(sending_.begin(), sending_.end(), is_twin)) return std::nullopt;
  const auto found =
      std::find_if(open_.begin(), open_.end(), [&](const Open& open) { return open.intent.id == intent.id; });
  if (found == open_.end()) return std::nullopt;
  if (settlement.result == "applied" && found->has_twin) {
    settlement = {"unknown", "applied by this or by another open patch with the same tests"};
  }
  open_.erase(found);
  open_intents_.set(static_cast<double>(open_.size()));
  return settlement;
}

void Background::end(std::vector<audit::Record> records) {
  for (auto& record : records) ends_.push_back({std::move(record), clock_.steady()});
  write_ends();
}

// Those that stay at a stop are made anew by the next start, which finds the move without its end.
void Background::write_ends() {
  for (auto end = ends_.begin(); end != ends_.end();) {
    if (hooks_.may_end && !hooks_.may_end(end->record, end->since)) {
      ++end;
      continue;
    }
    write({std::move(end->record)});
    end = ends_.erase(end);
  }
}

// What cannot be written now is kept, in order: it tells of something that did happen.
void Background::write(const std::vector<audit::Record>& records) {
  for (const auto& record : records) {
    if (record.kind == audit::Kind::unconfirmed) {
      logger_.error(record.reason, {{"id", record.id}, {"what", record.message}});
    }
    unwritten_.push_back(record);
  }
  // One by one: an outcome alone may use the room that was kept for it on a full disk.
  while (!unwritten_.empty() && log_.append(unwritten_.front())) unwritten_.pop_front();
  if (unwritten_.size() <= most_unwritten) return;
  // The newest say how things stand; an intent whose outcome goes here is settled by a restart.
  const std::size_t dropped = unwritten_.size() - most_unwritten;
  logger_.error("records_dropped", {{"count", dropped}});
  unwritten_.erase(unwritten_.begin(), unwritten_.begin() + static_cast<std::ptrdiff_t>(dropped));
}

}  // namespace canaryd::engine
