#include "canaryd/engine/background.hpp"

#include <algorithm>
#include <map>

#include "canaryd/policy/decide.hpp"

namespace canaryd::engine {

namespace {

constexpr auto tick = std::chrono::seconds(1);
constexpr int ticks_between_looks = 30;
constexpr std::size_t most_unwritten = 1000;

audit::Record settlement_record(const Intent& intent, const Settlement& settlement) {
  audit::Record record;
  record.kind = audit::Kind::outcome;
  record.id = intent.id;
  record.target = audit::TargetRef{intent.target.ns.str(), intent.target.name.str(), intent.uid.str()};
  record.action = "rollback";
  record.reason = settlement.result == "applied" ? "rolled_back" : "outcome_unknown";
  record.changes = intent.changes;
  record.generation = intent.generation;
  audit::ApiAnswer answer;
  answer.result = settlement.result;
  answer.detail = settlement.detail;
  record.api = answer;
  record.message = "Settled by reading " + intent.target.str() + ": the patch was " +
                   (settlement.result == "applied"       ? "applied"
                    : settlement.result == "not_applied" ? "not applied"
                                                         : "perhaps applied, which the object no longer shows") +
                   "; " + settlement.detail + ".";
  return record;
}

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
      open_intents_(metrics.gauge("canaryd_intents_open", "Patches whose outcome is not known yet.")) {}

Background::~Background() { stop(); }

void Background::start() {
  for (const auto& record : log_.recovered().open_intents) settle_later(intent_from(record, clock_.now()));
  for (const auto& record : log_.recovered().unconfirmed) {
    confirmations_.add(intent_from(record, clock_.now()), std::chrono::minutes(1), clock_.now());
  }
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

void Background::changed(const Target& target) {
  {
    const std::lock_guard lock(mutex_);
    changed_.insert(target);
  }
  wake_.notify_all();
}

void Background::confirm(const Intent& intent, std::chrono::milliseconds within) {
  confirmations_.add(intent, within, clock_.now());
  changed(intent.target);
}

void Background::settle_later(const Intent& intent) {
  {
    const std::lock_guard lock(mutex_);
    open_.push_back(intent);
    open_intents_.set(static_cast<double>(open_.size()));
  }
  wake_.notify_all();
}

std::vector<Intent> Background::take_disproved(const Target& target, std::int64_t generation) {
  std::vector<Intent> taken;
  const std::lock_guard lock(mutex_);
  std::erase_if(open_, [&](const Intent& intent) {
    const bool disproved = intent.target == target && intent.generation == generation;
    if (disproved) taken.push_back(intent);
    return disproved;
  });
  open_intents_.set(static_cast<double>(open_.size()));
  return taken;
}

void Background::run() {
  auto next_tick = clock_.steady() + tick;
  int ticks = 0;
  while (true) {
    std::set<Target> changed;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_until(lock, next_tick, [&] { return stopping_ || !changed_.empty(); });
      if (stopping_) break;
      changed.swap(changed_);
    }
    look_at(changed);
    if (clock_.steady() >= next_tick) {
      check_overdue();
      settle_open();
      if (++ticks % ticks_between_looks == 0) look_again();
      next_tick = clock_.steady() + tick;
    }
  }
  write({});
}

void Background::look_at(const std::set<Target>& targets) {
  for (const auto& target : targets) {
    const auto copy = store_.find(target);
    if (confirmations_.waits_for(target)) {
      write(confirmations_.observe(target, copy ? &*copy : nullptr, clock_.now()));
    }
  }
  for (const auto& target : targets) {
    const auto copy = store_.find(target);
    if (!copy) {
      rehearsal_.forget(target);
    } else if (const auto record = rehearsal_.look_at(*copy)) {
      write({*record});
    }
  }
}

// A rehearsal that the API server could not answer is tried again here.
void Background::look_again() {
  const std::lock_guard lock(mutex_);
  for (const auto& rollout : store_.exposed()) changed_.insert(rollout.target);
}

void Background::check_overdue() {
  std::map<Target, traffic::Rollout> copies;
  const auto targets = confirmations_.targets();
  unconfirmed_.set(static_cast<double>(targets.size()));
  for (const auto& target : targets) {
    if (auto copy = store_.find(target)) copies.emplace(target, std::move(*copy));
  }
  write(confirmations_.overdue(copies, clock_.now()));
}

void Background::settle_open() {
  std::vector<Intent> open;
  {
    const std::lock_guard lock(mutex_);
    open = open_;
  }
  for (const auto& intent : open) {
    const auto reading = reader_.fresh(intent.target, clock_.steady() + std::chrono::seconds(3));
    const Result<traffic::Rollout> rollout =
        reading ? Result<traffic::Rollout>(reading->rollout) : fail(reading.error());
    auto settlement = settle(intent, rollout, settings_.field_manager(), clock_.now());
    if (!settlement) continue;
    {
      const std::lock_guard lock(mutex_);
      const auto is_twin = [&](const Intent& other) {
        return other.id != intent.id && other.target == intent.target && other.generation == intent.generation;
      };
      // Two patches with the same tests: one of them at most was applied, and the object does not tell which.
      if (settlement->result == "applied" && std::any_of(open.begin(), open.end(), is_twin)) {
        settlement = Settlement{"unknown", "applied by this or by another open patch with the same tests"};
      }
      const auto removed = std::erase_if(open_, [&](const Intent& other) { return other.id == intent.id; });
      open_intents_.set(static_cast<double>(open_.size()));
      if (removed == 0) continue;  // a later outcome disproved it meanwhile
    }
    write({settlement_record(intent, *settlement)});
    if (settlement->result == "applied") confirmations_.add(intent, std::chrono::minutes(1), clock_.now());
    logger_.warn("intent_settled", {{"id", intent.id},
                                    {"service", intent.target.str()},
                                    {"result", settlement->result},
                                    {"why", settlement->detail}});
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
  if (unwritten_.empty()) return;
  if (log_.append(unwritten_)) {
    unwritten_.clear();
  } else if (unwritten_.size() > most_unwritten) {
    logger_.error("records_dropped", {{"count", unwritten_.size()}});
    unwritten_.clear();
  }
}

}  // namespace canaryd::engine
