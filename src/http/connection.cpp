#include "connection.hpp"

#include <algorithm>
#include <mutex>

namespace canaryd::http {
namespace {

using std::chrono::milliseconds;

// Under the 90 s after which kube-apiserver closes an idle connection, and the 60 s of usual load balancers.
constexpr long max_idle_seconds = 50;
// How long a wait lasts at most while somebody may ask to stop.
constexpr int stop_poll_ms = 60;

milliseconds until(SteadyTime deadline) {
  return std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
}

curl_blob blob_of(const std::string& text) {
  // libcurl does not write to it: CURL_BLOB_NOCOPY only keeps the pointer, and the endpoint outlives the handle.
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_NOCOPY};
}

}  // namespace

void initialise_curl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

Connection::Connection(const Endpoint& endpoint)
    : endpoint_(endpoint), easy_(curl_easy_init()), multi_(curl_multi_init()) {
  if (multi_ == nullptr) return;
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1L);
}

Connection::~Connection() {
  curl_easy_cleanup(easy_);
  curl_multi_cleanup(multi_);
  curl_slist_free_all(headers_);
}

void Connection::prepare(const Request& request) {
  curl_easy_reset(easy_);  // keeps connections, TLS sessions and the DNS cache
  error_[0] = '\0';
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_);
  set_connection_options();
  set_tls_options();
  curl_easy_setopt(easy_, CURLOPT_URL, (endpoint_.base_url + request.path).c_str());
  const auto left = std::clamp<milliseconds>(until(request.deadline), milliseconds(1), std::chrono::hours(24));
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
  set_method(request);
}

void Connection::set_connection_options() {
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  curl_easy_setopt(easy_, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  // Without it libcurl joins the thread that waits in getaddrinfo, and a silent DNS server would outlast the deadline.
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPIDLE, 15L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPINTVL, 5L);
  curl_easy_setopt(easy_, CURLOPT_MAXAGE_CONN, max_idle_seconds);
  curl_easy_setopt(easy_, CURLOPT_USERAGENT, "canaryd");
}

void Connection::set_tls_options() {
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(easy_, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(easy_, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!endpoint_.ca_pem.empty() || !endpoint_.ca_file.empty()) {
    // Debian's libcurl has a default CAPATH that would be trusted beside the one CA that was given.
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
    curl_easy_setopt(easy_, CURLOPT_CAINFO, endpoint_.ca_pem.empty() ? endpoint_.ca_file.c_str() : nullptr);
    curl_easy_setopt(easy_, CURLOPT_CA_CACHE_TIMEOUT, 0L);  // a rotated CA counts from the next connection on
  }
  const auto set_blob = [this](CURLoption option, const std::string& pem) {
    curl_blob blob = blob_of(pem);
    curl_easy_setopt(easy_, option, &blob);
  };
  if (!endpoint_.ca_pem.empty()) set_blob(CURLOPT_CAINFO_BLOB, endpoint_.ca_pem);
  if (!endpoint_.client_certificate_pem.empty()) {
    set_blob(CURLOPT_SSLCERT_BLOB, endpoint_.client_certificate_pem);
  } else if (!endpoint_.client_certificate.empty()) {
    curl_easy_setopt(easy_, CURLOPT_SSLCERT, endpoint_.client_certificate.c_str());
  }
  if (!endpoint_.client_key_pem.empty()) {
    set_blob(CURLOPT_SSLKEY_BLOB, endpoint_.client_key_pem);
  } else if (!endpoint_.client_key.empty()) {
    curl_easy_setopt(easy_, CURLOPT_SSLKEY, endpoint_.client_key.c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_KEYPASSWD, "");  // else OpenSSL asks on the terminal for an encrypted key's password
}

void Connection::set_method(const Request& request) {
  curl_slist_free_all(headers_);
  headers_ = nullptr;
  for (const auto& [name, value] : request.headers) {
    std::string line = name;
    line.append(": ").append(value);
    headers_ = curl_slist_append(headers_, line.c_str());
  }
  if (request.method != Method::get) {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request.body.c_str());
    if (request.method == Method::patch) curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, "PATCH");
    // No waiting for "100 Continue", which delays a large body and adds a way to send it twice (417).
    headers_ = curl_slist_append(headers_, "Expect:");
  }
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
}

Connection::Ending Connection::run(const std::atomic<bool>* stop, const SteadyTime* last_byte, milliseconds idle) {
  if (curl_multi_add_handle(multi_, easy_) != CURLM_OK) return {CURLE_FAILED_INIT, Cut::none};
  const Ending ending = loop(stop, last_byte, idle);
  curl_multi_remove_handle(multi_, easy_);  // closes the connection of an exchange that was cut
  return ending;
}

Connection::Ending Connection::loop(const std::atomic<bool>* stop, const SteadyTime* last_byte, milliseconds idle) {
  for (;;) {
    int running = 0;
    if (curl_multi_perform(multi_, &running) != CURLM_OK) return {CURLE_FAILED_INIT, Cut::none};
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE) return {message->data.result, Cut::none};
    }
    if (stop != nullptr && stop->load(std::memory_order_relaxed)) return {CURLE_ABORTED_BY_CALLBACK, Cut::stopped};
    int wait_ms = 1000;  // libcurl shortens it to its own next timer
    if (stop != nullptr) wait_ms = stop_poll_ms;
    if (last_byte != nullptr) {
      const auto left_idle = until(*last_byte + idle);
      if (left_idle <= milliseconds(0)) return {CURLE_OPERATION_TIMEDOUT, Cut::idle};
      wait_ms = static_cast<int>(std::min<milliseconds::rep>(wait_ms, left_idle.count() + 1));
    }
    if (curl_multi_poll(multi_, nullptr, 0, wait_ms, nullptr) != CURLM_OK) return {CURLE_FAILED_INIT, Cut::none};
  }
}

std::string Connection::reason(CURLcode code) const { return error_[0] != '\0' ? error_ : curl_easy_strerror(code); }

}  // namespace canaryd::http
