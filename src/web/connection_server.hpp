#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "canaryd/base/log.hpp"
#include "connection_table.hpp"
#include "listen_socket.hpp"

namespace canaryd::web {

// Accepts connections and serves each from a thread of its own; the table bounds them. The accept loop never waits for
// one of these threads. `serve` returns when the connection is to be closed; `refused` hears of one that got no slot.
class ConnectionServer {
 public:
  using Serve = std::function<void(Connection&, ConnectionTable&)>;
  using Refused = std::function<void(const PeerAddress&)>;

  ConnectionServer(ListenSocket socket, std::size_t slots, ProtectWorking protect, Serve serve, Refused refused,
                   Logger& log);
  ~ConnectionServer();  // stops without patience
  ConnectionServer(const ConnectionServer&) = delete;
  ConnectionServer& operator=(const ConnectionServer&) = delete;

  int port() const { return port_; }
  void start();
  void stop(std::chrono::milliseconds patience);  // returns when no thread is left
  const ConnectionTable& table() const { return table_; }

 private:
  void accept_loop();
  void accept_ready();
  void launch(UniqueFd fd, const PeerAddress& peer);
  void run(std::uint64_t id, Connection& connection);
  void reap();
  void wake() const;

  UniqueFd listen_fd_;
  UniqueFd wake_fd_;
  const int port_;
  ConnectionTable table_;
  Serve serve_;
  Refused refused_;
  Logger& log_;
  std::atomic<bool> stopping_{false};
  std::thread acceptor_;
  std::mutex mutex_;  // of threads_ and finished_
  std::map<std::uint64_t, std::thread> threads_;
  std::vector<std::uint64_t> finished_;
  std::uint64_t next_id_ = 0;
};

}  // namespace canaryd::web
