#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace canaryd::test {

// One accepted connection of the server below, driven by the test's script.
class Peer {
 public:
  Peer(int socket, std::atomic<bool>& closing, std::size_t index) : socket_(socket), closing_(closing), index_(index) {}
  ~Peer() { close(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  std::size_t index() const { return index_; }  // 0 for the first connection
  int socket() const { return socket_; }

  // The next request, head and body by its Content-Length; empty when the client went away or the server is closing.
  std::string read_request() {
    for (;;) {
      const auto head = received_.find("\r\n\r\n");
      if (head != std::string::npos) {
        const std::size_t whole = head + 4 + content_length(received_.substr(0, head));
        if (received_.size() >= whole) {
          std::string request = received_.substr(0, whole);
          received_.erase(0, whole);
          return request;
        }
      }
      if (!receive()) return {};
    }
  }

  // Waits until the client has sent a first byte, without taking more than there is.
  bool read_something() { return !received_.empty() || receive(); }

  void write(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void answer(int status, std::string_view body, std::string_view headers = {}) {
    write("HTTP/1.1 " + std::to_string(status) + " x\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
          std::string(headers) + "\r\n" + std::string(body));
  }
  void open_stream() { write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"); }
  void chunk(std::string_view text) {
    char size[32];
    const int length = std::snprintf(size, sizeof size, "%zx\r\n", text.size());
    write(std::string(size, static_cast<std::size_t>(length)) + std::string(text) + "\r\n");
  }
  void end_stream() { write("0\r\n\r\n"); }

  // Says nothing until the client goes away or the server is closed.
  void hang() {
    while (receive()) received_.clear();
  }
  void pause(std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (!closing_ && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  // Closes with RST, as a crashed host or a firewall does.
  void reset() {
    const linger at_once{1, 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

 private:
  static std::size_t content_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + 16));
  }
  bool receive() {
    while (!closing_) {
      pollfd waiting{socket_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      char buffer[8192];
      const auto got = ::recv(socket_, buffer, sizeof buffer, 0);
      if (got <= 0) return false;
      received_.append(buffer, static_cast<std::size_t>(got));
      return true;
    }
    return false;
  }

  int socket_;
  std::atomic<bool>& closing_;
  const std::size_t index_;
  std::string received_;
};

// A TCP server on a free loopback port that runs the test's script on each connection, in a thread of its own.
class MisbehavingServer {
 public:
  using Script = std::function<void(Peer&)>;

  explicit MisbehavingServer(Script script, int family = AF_INET) : script_(std::move(script)), family_(family) {
    listener_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto* address = family == AF_INET6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
    socklen_t length = family == AF_INET6 ? sizeof six : sizeof four;
    usable_ = ::bind(listener_, address, length) == 0 && ::listen(listener_, 64) == 0;
    sockaddr_in6 bound{};
    length = sizeof bound;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &length);
    port_ = ntohs(bound.sin6_port);  // the port lies at the same place in both families
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~MisbehavingServer() { close(); }
  MisbehavingServer(const MisbehavingServer&) = delete;
  MisbehavingServer& operator=(const MisbehavingServer&) = delete;

  bool usable() const { return usable_; }
  int port() const { return port_; }
  std::string url() const {
    return (family_ == AF_INET6 ? "http://[::1]:" : "http://127.0.0.1:") + std::to_string(port_);
  }
  std::size_t connections() const { return connections_; }

  // Ends the scripts and frees the port.
  void close() {
    closing_ = true;
    if (acceptor_.joinable()) acceptor_.join();
    for (auto& thread : peers_) thread.join();
    peers_.clear();
  }

 private:
  void accept_all() {
    while (!closing_) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      peers_.emplace_back([this, socket, index = connections_++] {
        Peer peer(socket, closing_, index);
        script_(peer);
      });
    }
    ::close(listener_);
  }

  Script script_;
  const int family_;
  int listener_ = -1;
  int port_ = 0;
  bool usable_ = false;
  std::atomic<bool> closing_{false};
  std::atomic<std::size_t> connections_{0};
  std::list<std::thread> peers_;  // touched by the acceptor until it is joined
  std::thread acceptor_;
};

// Requests as they arrived, noted by scripts and read by the test.
class Journal {
 public:
  void add(std::string entry) {
    const std::lock_guard lock(mutex_);
    entries_.push_back(std::move(entry));
  }
  std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return entries_;
  }
  std::size_t count(std::string_view prefix) const {
    const std::lock_guard lock(mutex_);
    std::size_t found = 0;
    for (const auto& entry : entries_) found += entry.starts_with(prefix) ? 1 : 0;
    return found;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> entries_;
};

}  // namespace canaryd::test
