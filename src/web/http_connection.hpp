#pragma once

#include <functional>
#include <string>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/log.hpp"
#include "canaryd/base/metrics.hpp"
#include "channel.hpp"
#include "connection_table.hpp"
#include "exchange.hpp"
#include "timing.hpp"

namespace canaryd::web {

// Counts answers and refusals of a listener, and tells the owner of refusals. Safe from any thread.
class HttpAccount {
 public:
  using OnRefused = std::function<void(const std::string& reason, const std::string& peer_ip)>;
  HttpAccount(std::string listener, Metrics& metrics, Logger& log, OnRefused on_refused);
  void answered(int status);
  void refused(const std::string& reason, const PeerAddress& peer);
  Logger& log() { return log_; }

 private:
  std::string listener_;
  Metrics& metrics_;
  Logger& log_;
  OnRefused on_refused_;
};

// What one connection's requests are served with.
struct ServeContext {
  const Clock& clock;
  const Timing& timing;
  HttpAccount& account;
};

// Serves the requests of one connection until it has to end: each head is read within the budget of max_head bytes and
// judged before its body is read; each request has one absolute deadline.
void serve_requests(Connection& connection, ConnectionTable& table, Channel& channel, const Judge& judge,
                    const ServeContext& context);

}  // namespace canaryd::web
