#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::prometheus {

struct Settings {
  std::string url;  // "https://prometheus.monitoring.svc:9090"; a path prefix is kept; plain http on loopback, or where
                    // the configuration says `allow_http: true` (in-cluster Prometheus rarely has TLS)
  std::string ca_file;             // PEM; empty: the system's store
  std::string token_file;          // bearer token, read again when it changes; empty: none
  std::string client_certificate;  // PEM; empty: none
  std::string client_key;
};

struct Sample {
  std::map<std::string, std::string> labels;
  double value = 0;  // NaN and infinities come through: the caller judges
};

// Instant queries (POST /api/v1/query with the `timeout` of the deadline; evaluated at the server's own time, so that
// two clocks need not agree). Errors: `unavailable` (no whole answer in time, a 5xx), `unauthenticated` (a token that
// was rotated meanwhile is read again and tried once), `forbidden`, `invalid` (400, 422: the query; an answer that is
// no vector of samples, or carries `warnings`: a partial answer is none). The message says what the server said, within
// bounds and escaped. Safe from any thread.
class Client {
 public:
  static Result<std::unique_ptr<Client>> create(const Settings& settings);
  virtual ~Client() = default;
  virtual Result<std::vector<Sample>> query(const std::string& promql, SteadyTime deadline) = 0;
};

}  // namespace canaryd::prometheus
