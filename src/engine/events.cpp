#include "events.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "canaryd/base/random.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/traffic/event.hpp"
#include "event_reason.hpp"

namespace canaryd::engine {

namespace {

using policy::Reason;

constexpr auto one_event_for = std::chrono::minutes(10);
constexpr auto given_up_after = std::chrono::minutes(10);
constexpr auto pause = std::chrono::seconds(30);
constexpr auto longest_exchange = std::chrono::seconds(2);
constexpr std::size_t most_waiting = 1'000;

// Whether trying again may help.
bool may_pass(const Error& error) {
  switch (error.kind) {
    case ErrorKind::unavailable:
    case ErrorKind::outcome_unknown:
    case ErrorKind::throttled:
    case ErrorKind::unauthenticated:
    case ErrorKind::io:
    case ErrorKind::cancelled:
      return true;
    default:
      return false;
  }
}

std::string one_line(std::string_view text) {
  std::string out = printable(text);
  std::replace(out.begin(), out.end(), '\n', ' ');
  return out;
}

Counter total(Metrics& metrics, const char* result) {
  return metrics.counter("canaryd_events_total", "Kubernetes Events about services, by what became of them.",
                         {{"result", result}});
}

}  // namespace

Events::Events(const Settings& settings, kube::KubeApi& api, const Clock& clock, Logger& logger, Metrics& metrics)
    : settings_(settings),
      api_(api),
      clock_(clock),
      logger_(logger),
      written_total_(total(metrics, "written")),
      failed_(total(metrics, "failed")),
      dropped_(total(metrics, "dropped")),
      waits_(metrics.gauge("canaryd_events_waiting", "Kubernetes Events that are not written yet.")),
      overall_(100, std::chrono::milliseconds(200), clock.steady()),
      paused_until_(clock.steady()) {}

void Events::say(const Target& target, const Uid& uid, bool warning, Reason reason, const std::string& message) {
  const Key key{target, uid, reason, warning};
  const WallTime now = clock_.now();
  const std::lock_guard lock(mutex_);
  if (const auto same = find_waiting(key); same != waiting_.end()) {
    same->message = one_line(message);
    same->last = now;
    ++same->count;
    return;
  }
  if (waiting_.size() >= most_waiting) {
    waiting_.pop_front();
    dropped_.add();
  }
  // As client-go names them: the object's name, a dot, and what makes it the only one.
  const std::string name = target.name.str() + "." + random_id().substr(0, 16);
  waiting_.push_back({key, name, one_line(message), now, now, 1, clock_.steady()});
  count();
}

void Events::write(SteadyTime deadline) {
  {
    const std::lock_guard lock(mutex_);
    drop_old(clock_.steady());
    if (clock_.steady() < paused_until_) return;
  }
  while (clock_.steady() < deadline) {
    auto waiting = take_next(clock_.steady());
    if (!waiting) return;
    const Sent sent = send(*waiting, std::min(deadline, clock_.steady() + longest_exchange));
    if (sent == Sent::later) {
      put_back(std::move(*waiting));
      return;
    }
    (sent == Sent::done ? written_total_ : failed_).add();
  }
}

std::deque<Events::Waiting>::iterator Events::find_waiting(const Key& key) {
  return std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& other) { return other.key == key; });
}

bool Events::is_urgent(const Key& key) {
  return key.warning || policy::info_of(key.reason).verdict == policy::Verdict::act;
}

std::optional<Events::Waiting> Events::take_next(SteadyTime now) {
  const std::lock_guard lock(mutex_);
  if (!overall_.has_one(now)) return std::nullopt;
  // What was done, and warnings, before what was not done.
  const auto may = [&](const Waiting& w) { return allowed(w.key.target, now); };
  auto next =
      std::find_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return is_urgent(w.key) && may(w); });
  if (next == waiting_.end()) next = std::find_if(waiting_.begin(), waiting_.end(), may);
  if (next == waiting_.end()) return std::nullopt;
  overall_.take();
  buckets_.try_emplace(next->key.target, 10, std::chrono::minutes(1), now).first->second.take();
  Waiting taken = std::move(*next);
  waiting_.erase(next);
  count();
  return taken;
}

bool Events::allowed(const Target& target, SteadyTime now) {
  const auto bucket = buckets_.find(target);
  return bucket == buckets_.end() || bucket->second.has_one(now);
}

Events::Sent Events::send(const Waiting& waiting, SteadyTime deadline) {
  const SteadyTime now = clock_.steady();
  Written written{waiting.name, waiting.first, 0, now};
  bool is_new = true;
  {
    const std::lock_guard lock(mutex_);
    const auto found = written_.find(waiting.key);
    if (found != written_.end()) written = found->second;
    is_new = found == written_.end();
  }
  const traffic::ServiceEvent event{waiting.key.target,
                                    waiting.key.uid,
                                    waiting.key.warning,
                                    event_reason(waiting.key.reason),
                                    waiting.message,
                                    settings_.field_manager(),
                                    written.first,
                                    waiting.last,
                                    written.count + waiting.count,
                                    written.name};
  kube::ObjectWrite write{waiting.key.target.ns, event.name, "", settings_.field_manager(), deadline};
  Status result;
  if (!is_new) {
    write.body = event_patch(event);
    if (const auto answer = api_.patch_event(write); !answer) result = fail(answer.error());
  }
  // The API server keeps an Event for an hour, or less, and anyone may delete it.
  if (is_new || (!result && result.error().kind == ErrorKind::not_found)) {
    write.body = event_body(event);
    const auto answer = api_.create_event(write);
    result = answer ? Status() : fail(answer.error());
    // It is there already: an earlier try got through, though its answer did not.
    if (!result && result.error().kind == ErrorKind::conflict) result = Status();
  }
  const std::lock_guard lock(mutex_);
  if (!result) return judged(waiting, result.error());
  written_[waiting.key] = {event.name, event.first, event.count, now};
  complained_ = false;
  return Sent::done;
}

// Of a service of many that may not have Events is told once; of an API server that is away, once until it is back.
Events::Sent Events::judged(const Waiting& waiting, const Error& error) {
  const bool passes = may_pass(error);
  const std::string where = passes ? "" : waiting.key.target.ns.str();
  const bool is_new = passes ? !complained_ : complaints_.is_new(where + " " + name_of(error.kind));
  if (is_new) {
    logger_.warn("event_not_written", {{"service", waiting.key.target.str()},
                                       {"kind", name_of(error.kind)},
                                       {"why", error.message},
                                       {"further", "not logged"}});
  }
  if (!passes) return Sent::failed;
  complained_ = true;
  paused_until_ = clock_.steady() + std::max<std::chrono::milliseconds>(pause, error.retry_after);
  return Sent::later;
}

void Events::put_back(Waiting waiting) {
  const std::lock_guard lock(mutex_);
  const auto same = find_waiting(waiting.key);
  if (same == waiting_.end()) {
    waiting_.push_front(std::move(waiting));
    count();
    return;
  }
  same->name = waiting.name;
  same->first = waiting.first;
  same->count += waiting.count;
  same->since = waiting.since;
}

void Events::drop_old(SteadyTime now) {
  const auto dropped =
      std::erase_if(waiting_, [&](const Waiting& waiting) { return now - waiting.since > given_up_after; });
  if (dropped > 0) dropped_.add(static_cast<double>(dropped));
  count();
  std::erase_if(written_, [&](const auto& written) { return now - written.second.at > one_event_for; });
  for (auto bucket = buckets_.begin(); bucket != buckets_.end();) {
    bucket = bucket->second.is_full(now) ? buckets_.erase(bucket) : std::next(bucket);
  }
}

}  // namespace canaryd::engine
