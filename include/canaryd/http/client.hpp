#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::http {

enum class Method : std::uint8_t { get, post, patch };

// TLS and address of one server. Certificates are verified always, hosts too; there is no switch to turn it off.
struct Endpoint {
  std::string base_url;            // "https://10.0.0.1:6443" or, on loopback only, "http://127.0.0.1:8001"
  std::string ca_file;             // PEM; empty: the system's store
  std::string client_certificate;  // PEM file; empty: none
  std::string client_key;
  // The same as PEM text, for what a kubeconfig carries inline: used instead of the file, and never written to a disk.
  std::string ca_pem = {};
  std::string client_certificate_pem = {};
  std::string client_key_pem = {};
};

struct Request {
  Method method = Method::get;
  std::string path;  // with its query, already percent-encoded: "/apis/...?limit=50"
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  SteadyTime deadline;               // for the whole exchange
  std::size_t max_body = 64u << 20;  // of the answer; above it the exchange fails (unavailable, or outcome_unknown)
  const std::atomic<bool>* stop = nullptr;  // of a GET: ends it soon (100 ms) after it became true (`cancelled`)
};

struct Response {
  int status = 0;
  std::string body;
  std::chrono::milliseconds retry_after{0};  // the Retry-After header in seconds form, 0 without one
};

// The one libcurl client: connections are kept alive and reused, HTTP/1.1, deadlines absolute, redirects never
// followed, proxies from the environment ignored. Any status is a Response; an Error means that there was no whole
// answer: `unavailable` when the request cannot have been acted on (not connected, not written, or it was a GET), and
// `outcome_unknown` when a POST or PATCH was written to a connection and no whole answer came. A POST or PATCH is put
// on the wire at most once (libcurl 7.88 re-sends it by itself when a reused connection dies: CURLOPT_PREREQFUNCTION
// stops the second time). Safe from any thread: each exchange takes a connection of its own from a pool of at most 32,
// and waits for one until its deadline. A connection idle for 50 s is not used again.
// The process must ignore SIGPIPE: OpenSSL writes to a closed connection without MSG_NOSIGNAL, and libcurl leaves
// signals alone where there are threads.
class Client {
 public:
  explicit Client(Endpoint endpoint);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<Response> send(const Request& request);

  // A streamed GET (a watch): `on_line` gets each LF-ended line of a 200's body without its LF and returns false to end
  // it. Lines above `max_line` fail. Returns when the server ends the answer, when `on_line` returned false, when no
  // byte came for `idle`, or soon (100 ms) after `stop` became true (`cancelled`). Another status is returned as a
  // Response with its body. `on_open`, where given, is called once when the head of a 200 has come. A last line without
  // LF is dropped. What the callbacks throw comes out of here. Each stream has a connection of its own, beside the
  // pool.
  Result<Response> stream(const Request& request, std::chrono::milliseconds idle, const std::atomic<bool>& stop,
                          const std::function<bool(std::string_view line)>& on_line, std::size_t max_line = 16u << 20,
                          const std::function<void()>& on_open = {});

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd::http
