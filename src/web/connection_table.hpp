#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>

#include "address.hpp"
#include "canaryd/base/clock.hpp"
#include "unique_fd.hpp"

namespace canaryd::web {

// What a connection is doing. Only `working` (the request is authenticated, its body is read or its handler runs) is
// safe from having to give way, and that only in a table that protects it.
enum class Phase : std::uint8_t { handshake, idle, head, working, closing };

// One accepted socket, owned by the table and used by its thread until it is released.
class Connection {
 public:
  int fd() const { return fd_.get(); }
  const PeerAddress& peer() const { return peer_; }

 private:
  friend class ConnectionTable;
  UniqueFd fd_;
  PeerAddress peer_;
  Phase phase_ = Phase::handshake;
  SteadyTime since_;            // of the phase; of an unauthenticated connection: of the connection
  bool authenticated_ = false;  // once a request of it was
  bool condemned_ = false;      // its socket is shut, its thread is on the way out, its slot is free
};

// Whether a connection at work keeps its slot. `no` where requests need no credentials: being at work then proves
// nothing, and a client that never reads its answers would hold the slot until the request's deadline.
enum class ProtectWorking : std::uint8_t { no, yes };

// The bounded set of open connections. When a new one needs a slot, the one that deserves it least gives way: first one
// that has shown no credentials for a second, then an idle one, then the oldest without credentials. A peer that holds
// a quarter of the slots has to take one of its own. Safe from any thread.
class ConnectionTable {
 public:
  ConnectionTable(std::size_t slots, ProtectWorking protect);

  // Takes the socket in; nullptr when nobody gives way (all are working and protected), or while draining.
  Connection* admit(UniqueFd fd, PeerAddress peer);
  // As many connections are on the way out as there are slots: let new ones wait in the kernel's queue until one of
  // them is released. Their sockets are shut, so that takes a moment of CPU time, and no client can draw it out.
  bool crowded() const;
  // Moves on to `phase`; false when the connection has to end instead.
  bool enter(Connection& connection, Phase phase);
  // Closes the socket and forgets the connection; the reference is gone afterwards.
  void release(Connection& connection);

  // Admits nobody from now on and shuts every connection that is not working; then waits until none is left, at most
  // for `patience`, and shuts the rest.
  void drain(std::chrono::milliseconds patience);

  std::size_t open() const;
  std::size_t evicted() const;  // how many gave way so far

 private:
  using Filter = std::function<bool(const Connection&)>;
  std::size_t count(const Filter& wanted) const;
  Connection* victim(const Filter& among, SteadyTime now);
  bool make_room(const Filter& among);
  void condemn(Connection& connection);

  const std::size_t slots_;
  const std::size_t slots_a_peer_;
  const bool protects_working_;
  mutable std::mutex mutex_;
  std::condition_variable released_;
  std::list<Connection> connections_;
  bool draining_ = false;
  std::size_t evicted_ = 0;
};

}  // namespace canaryd::web
