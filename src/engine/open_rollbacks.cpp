#include "open_rollbacks.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace canaryd::engine {

namespace {

using policy::Reason;

constexpr std::size_t most_entries = 10'000;
constexpr auto expires_after = std::chrono::minutes(5);
constexpr auto first_pause = std::chrono::seconds(5);
constexpr auto longest_pause = std::chrono::seconds(60);
constexpr auto least_pause = std::chrono::seconds(1);
constexpr auto time_to_decide = std::chrono::seconds(8);

}  // namespace

bool stays_open(Reason reason) {
  switch (reason) {
    case Reason::stopped:
    case Reason::canary_not_ready:
    case Reason::rollback_impossible:
    case Reason::breaker_open:
    case Reason::conflict:
    case Reason::forbidden:
    case Reason::patch_rejected:
    case Reason::outcome_unknown:
    case Reason::cluster_unavailable:
    case Reason::audit_unavailable:
      return true;
    default:
      return false;
  }
}

OpenRollbacks::OpenRollbacks(const Clock& clock, Metrics& metrics)
    : clock_(clock),
      open_(metrics.gauge("canaryd_rollbacks_open",
                          "Services with a rollback that was asked for and could not be done yet.")) {
  open_.set(0);
}

void OpenRollbacks::keep(const alert::Signal& signal, const Delivery& delivery, Reason reason) {
  if (!signal.target) return;
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  const auto [position, is_new] = services_.try_emplace(*signal.target);
  Service& service = position->second;
  if (is_new) {
    service.pause = first_pause;
    service.next = now + first_pause;
  }
  const auto [place, is_new_alert] = service.by_fingerprint.try_emplace(signal.alert.fingerprint);
  Entry& entry = place->second;
  const bool is_answer = !is_new_alert && entry.handed_out && entry.signal.alert.starts_at == signal.alert.starts_at;
  if (is_new_alert) ++entries_;
  // Something moved: the next look may well find it gone.
  if (!is_new_alert && entry.reason != reason) {
    service.pause = first_pause;
    service.next = std::min(service.next, now + first_pause);
  }
  entry.handed_out = false;
  entry.reason = reason;
  if (!is_answer) {
    entry.signal = signal;
    entry.delivery = delivery;
    entry.delivered = now;
  }
  make_room();
  open_.set(static_cast<double>(services_.size()));
}

void OpenRollbacks::settled(const alert::Signal& signal) {
  if (!signal.target) return;
  const std::lock_guard lock(mutex_);
  const auto service = services_.find(*signal.target);
  if (service == services_.end()) return;
  const auto entry = service->second.by_fingerprint.find(signal.alert.fingerprint);
  if (entry == service->second.by_fingerprint.end()) return;
  if (entry->second.signal.alert.starts_at > signal.alert.starts_at) return;
  erase(service, signal.alert.fingerprint);
}

std::vector<OpenRollbacks::Due> OpenRollbacks::due(SteadyTime now, std::size_t most) {
  std::vector<Due> out;
  const std::lock_guard lock(mutex_);
  give_up_old(now);
  std::vector<Services::iterator> ready;
  for (auto service = services_.begin(); service != services_.end(); ++service) {
    if (service->second.next <= now) ready.push_back(service);
  }
  std::sort(ready.begin(), ready.end(), [](const auto& a, const auto& b) { return a->second.next < b->second.next; });
  if (ready.size() > most) ready.resize(most);
  for (const auto& service : ready) hand_out(service->first, service->second, now, out);
  return out;
}

void OpenRollbacks::hand_out(const Target& target, Service& service, SteadyTime now, std::vector<Due>& out) {
  // Each client's in its own name: what it may act on was asked of it.
  std::map<std::string, Due> by_actor;
  for (auto& [fingerprint, entry] : service.by_fingerprint) {
    entry.handed_out = true;
    Due& due = by_actor.try_emplace(entry.delivery.actor, Due{target, entry.delivery, {}}).first->second;
    due.delivery.deadline = now + time_to_decide;
    due.signals.push_back(entry.signal);
  }
  for (auto& [actor, due] : by_actor) out.push_back(std::move(due));
  service.last = now;
  service.next = now + service.pause;
  service.pause = std::min<std::chrono::seconds>(service.pause * 2, longest_pause);
}

void OpenRollbacks::poke(Service& service, SteadyTime now) {
  if (!service.last) {
    service.next = std::min(service.next, now);
    return;
  }
  // A decision reads the object, and the version that it reads may poke: that must not go round in a circle.
  const auto& entries = service.by_fingerprint;
  const bool is_being_decided =
      std::any_of(entries.begin(), entries.end(), [](const auto& entry) { return entry.second.handed_out; });
  if (!is_being_decided) service.pause = first_pause;
  const SteadyTime soonest = *service.last + (is_being_decided ? first_pause : least_pause);
  service.next = std::min(service.next, std::max(now, soonest));
}

void OpenRollbacks::poke(const Target& target) {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  const auto service = services_.find(target);
  if (service != services_.end()) poke(service->second, now);
}

void OpenRollbacks::poke_all() {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  for (auto& [target, service] : services_) poke(service, now);
}

std::size_t OpenRollbacks::services() const {
  const std::lock_guard lock(mutex_);
  return services_.size();
}

void OpenRollbacks::give_up_old(SteadyTime now) {
  const auto is_old = [&](const auto& entry) { return now - entry.second.delivered > expires_after; };
  for (auto service = services_.begin(); service != services_.end();) {
    auto& entries = service->second.by_fingerprint;
    entries_ -= std::erase_if(entries, is_old);
    service = entries.empty() ? services_.erase(service) : std::next(service);
  }
  open_.set(static_cast<double>(services_.size()));
}

void OpenRollbacks::make_room() {
  if (entries_ <= most_entries) return;
  auto oldest_service = services_.end();
  std::map<std::string, Entry>::const_iterator oldest;
  for (auto service = services_.begin(); service != services_.end(); ++service) {
    const auto& entries = service->second.by_fingerprint;
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
      if (oldest_service != services_.end() && oldest->second.delivered <= entry->second.delivered) continue;
      oldest_service = service;
      oldest = entry;
    }
  }
  erase(oldest_service, std::string(oldest->first));
}

void OpenRollbacks::erase(Services::iterator service, const std::string& fingerprint) {
  entries_ -= service->second.by_fingerprint.erase(fingerprint);
  if (service->second.by_fingerprint.empty()) services_.erase(service);
  open_.set(static_cast<double>(services_.size()));
}

}  // namespace canaryd::engine
