#include "canaryd/audit/refusals.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "canaryd/base/random.hpp"

namespace canaryd::audit {

namespace {

using std::chrono::seconds;

constexpr seconds interval{60};
constexpr seconds look{1};  // a test's clock moves without waking anyone
constexpr std::size_t peer_limit = 16;
constexpr std::size_t reason_limit = 64;  // ours are fewer: a bound that holds even if one came from outside
constexpr const char* others = "others";

struct Sum {
  std::uint64_t count = 0;  // not yet written
  SteadyTime due;           // earliest time of the next record
};

Record record_of(const std::string& reason, const std::string& peer, std::uint64_t count) {
  Record record;
  record.kind = Kind::received;
  record.id = random_id();
  record.event = reason;
  record.verdict = "refuse";
  record.reason = reason;
  record.peer = peer;
  record.count = count;
  record.message = std::to_string(count) + (count == 1 ? " request from " : " requests from ") + peer +
                   (count == 1 ? " was" : " were") + " refused: " + reason + ".";
  return record;
}

}  // namespace

struct RefusalSummary::Impl {
  using Peers = std::map<std::string, Sum>;

  Impl(AuditLog& l, const Clock& c) : log(l), clock(c) {
    thread = std::thread([this] { run(); });
  }

  void run() {
    std::unique_lock guard(mutex);
    while (!stopping) {
      if (pending == 0) {
        wake.wait(guard);
      } else if (!write(guard, false)) {
        wake.wait_for(guard, look);
      }
    }
    write(guard, true);
  }

  // Writes the sums that are due; false when none was. The disk is waited for without the mutex.
  bool write(std::unique_lock<std::mutex>& guard, bool all) {
    const auto now = clock.steady();
    std::vector<Record> records;
    for (auto reason = reasons.begin(); reason != reasons.end();) {
      for (auto peer = reason->second.begin(); peer != reason->second.end();) {
        Sum& sum = peer->second;
        const bool due = all || sum.due <= now;
        if (due && sum.count == 0) {
          peer = reason->second.erase(peer);
          continue;
        }
        if (due) {
          records.push_back(record_of(reason->first, peer->first, sum.count));
          pending -= sum.count;
          sum = {0, now + interval};
        }
        ++peer;
      }
      reason = reason->second.empty() ? reasons.erase(reason) : std::next(reason);
    }
    if (records.empty()) return false;
    guard.unlock();
    const bool written = log.append(records).has_value();
    guard.lock();
    // What could not be written is counted on, and tried again a minute later.
    for (const auto& record : records) {
      if (!written) add(record.reason, record.peer, record.count, now + interval);
    }
    return true;
  }

  void add(const std::string& reason, const std::string& peer, std::uint64_t count, SteadyTime due) {
    const bool known_reason = reasons.contains(reason) || reasons.size() < reason_limit;
    auto& peers = reasons[known_reason ? reason : others];
    if (peers.size() >= peer_limit)
      std::erase_if(peers, [&](const auto& p) { return p.second.count == 0 && p.second.due <= due; });
    // "others" does not count as one of the addresses.
    const std::size_t named = peers.size() - (peers.contains(others) ? 1 : 0);
    const bool known_peer = peers.contains(peer) || named < peer_limit;
    auto& sum = peers.try_emplace(known_peer ? peer : others, Sum{0, due}).first->second;
    sum.count += count;
    pending += count;
  }

  AuditLog& log;
  const Clock& clock;
  std::mutex mutex;
  std::condition_variable wake;
  std::map<std::string, Peers> reasons;  // guarded by mutex, as all below
  std::uint64_t pending = 0;
  bool stopping = false;
  std::thread thread;
};

RefusalSummary::RefusalSummary(AuditLog& log, const Clock& clock) : impl_(std::make_unique<Impl>(log, clock)) {}

RefusalSummary::~RefusalSummary() {
  {
    const std::lock_guard guard(impl_->mutex);
    impl_->stopping = true;
  }
  impl_->wake.notify_one();
  impl_->thread.join();
}

void RefusalSummary::note(const std::string& reason, const std::string& peer) {
  const std::lock_guard guard(impl_->mutex);
  impl_->add(reason, peer, 1, impl_->clock.steady());
  if (impl_->pending == 1) impl_->wake.notify_one();
}

}  // namespace canaryd::audit
