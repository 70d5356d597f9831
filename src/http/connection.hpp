#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "canaryd/http/client.hpp"

namespace canaryd::http {

// Initialises libcurl once a process, before any handle, whichever thread comes first.
void initialise_curl();

// One libcurl easy handle in a multi handle of its own: the multi owns the kept-alive connection, and can be waited on
// with a bound, which curl_easy_perform cannot (it looks at its progress callback once a second only). Used by one
// thread at a time.
class Connection {
 public:
  explicit Connection(const Endpoint& endpoint);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  bool usable() const { return easy_ != nullptr && multi_ != nullptr; }
  CURL* easy() const { return easy_; }

  // Sets what all exchanges share and what the request says. The request outlives the exchange.
  void prepare(const Request& request);

  // Why the loop below ended before libcurl did.
  enum class Cut { none, stopped, idle };
  struct Ending {
    CURLcode code = CURLE_OK;
    Cut cut = Cut::none;
  };
  // Runs the prepared exchange. `stop` and `last_byte` may be null; with `last_byte` the exchange is cut when nothing
  // came for `idle`.
  Ending run(const std::atomic<bool>* stop, const SteadyTime* last_byte, std::chrono::milliseconds idle);

  // libcurl's words for a failure.
  std::string reason(CURLcode code) const;

 private:
  void set_connection_options();
  void set_tls_options();
  void set_method(const Request& request);
  Ending loop(const std::atomic<bool>* stop, const SteadyTime* last_byte, std::chrono::milliseconds idle);

  const Endpoint& endpoint_;
  CURL* easy_;
  CURLM* multi_;
  curl_slist* headers_ = nullptr;
  char error_[CURL_ERROR_SIZE] = {};
};

}  // namespace canaryd::http
