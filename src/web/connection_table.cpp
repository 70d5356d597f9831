#include "connection_table.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <optional>

namespace canaryd::web {

namespace {

// An honest client is through its handshake and head long before that, over any network it would be run on.
constexpr std::chrono::seconds grace{1};

}  // namespace

ConnectionTable::ConnectionTable(std::size_t slots, ProtectWorking protect)
    : slots_(std::max<std::size_t>(slots, 1)),
      slots_a_peer_(std::max<std::size_t>(slots / 4, 1)),
      protects_working_(protect == ProtectWorking::yes) {}

std::size_t ConnectionTable::count(const Filter& wanted) const {
  return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(), wanted));
}

Connection* ConnectionTable::victim(const Filter& among, SteadyTime now) {
  const auto rank = [&](const Connection& c) -> std::optional<int> {
    if (c.condemned_ || (protects_working_ && c.phase_ == Phase::working) || !among(c)) return std::nullopt;
    if (c.phase_ == Phase::closing) return 0;
    if (!c.authenticated_ && now - c.since_ >= grace) return 1;
    if (c.phase_ == Phase::idle) return 2;
    if (!c.authenticated_) return 3;
    return std::nullopt;
  };
  Connection* best = nullptr;
  int best_rank = 0;
  for (auto& c : connections_) {
    const auto r = rank(c);
    if (!r) continue;
    if (best == nullptr || *r < best_rank || (*r == best_rank && c.since_ < best->since_)) {
      best = &c;
      best_rank = *r;
    }
  }
  return best;
}

bool ConnectionTable::make_room(const Filter& among) {
  Connection* loser = victim(among, std::chrono::steady_clock::now());
  if (loser == nullptr) return false;
  condemn(*loser);
  ++evicted_;
  return true;
}

void ConnectionTable::condemn(Connection& connection) {
  if (connection.condemned_) return;
  connection.condemned_ = true;
  ::shutdown(connection.fd(), SHUT_RDWR);  // wakes its thread out of poll
}

Connection* ConnectionTable::admit(UniqueFd fd, PeerAddress peer) {
  const std::lock_guard lock(mutex_);
  if (draining_) return nullptr;
  const auto counts = [](const Connection& c) { return !c.condemned_; };
  const auto of_peer = [&](const Connection& c) { return !c.condemned_ && c.peer_.group == peer.group; };
  if (count(of_peer) >= slots_a_peer_) {
    if (!make_room(of_peer)) return nullptr;
  } else if (count(counts) >= slots_) {
    if (!make_room(counts)) return nullptr;
  }
  Connection& added = connections_.emplace_back();
  added.fd_ = std::move(fd);
  added.peer_ = std::move(peer);
  added.since_ = std::chrono::steady_clock::now();
  return &added;
}

bool ConnectionTable::crowded() const {
  const std::lock_guard lock(mutex_);
  return count([](const Connection& c) { return c.condemned_; }) >= slots_;
}

bool ConnectionTable::enter(Connection& connection, Phase phase) {
  const std::lock_guard lock(mutex_);
  if (connection.condemned_) return false;
  if (draining_ && phase != Phase::closing) return false;
  connection.phase_ = phase;
  if (protects_working_ && phase == Phase::working) connection.authenticated_ = true;
  if (connection.authenticated_) connection.since_ = std::chrono::steady_clock::now();
  return true;
}

void ConnectionTable::release(Connection& connection) {
  const std::lock_guard lock(mutex_);
  connections_.remove_if([&](const Connection& c) { return &c == &connection; });
  released_.notify_all();
}

void ConnectionTable::drain(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  draining_ = true;
  for (auto& c : connections_) {
    if (c.phase_ != Phase::working && c.phase_ != Phase::closing) condemn(c);
  }
  released_.wait_for(lock, patience, [&] { return connections_.empty(); });
  for (auto& c : connections_) condemn(c);
}

std::size_t ConnectionTable::open() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

std::size_t ConnectionTable::evicted() const {
  const std::lock_guard lock(mutex_);
  return evicted_;
}

}  // namespace canaryd::web
