#include "connection_server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <exception>
#include <system_error>

namespace canaryd::web {

ConnectionServer::ConnectionServer(ListenSocket socket, std::size_t slots, ProtectWorking protect, Serve serve,
                                   Refused refused, Logger& log)
    : listen_fd_(std::move(socket.fd)),
      wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      port_(socket.port),
      table_(slots, protect),
      serve_(std::move(serve)),
      refused_(std::move(refused)),
      log_(log) {}

ConnectionServer::~ConnectionServer() { stop(std::chrono::milliseconds(0)); }

void ConnectionServer::start() {
  if (!acceptor_.joinable()) acceptor_ = std::thread([this] { accept_loop(); });
}

void ConnectionServer::stop(std::chrono::milliseconds patience) {
  stopping_ = true;
  wake();
  if (acceptor_.joinable()) acceptor_.join();
  listen_fd_.reset();
  table_.drain(patience);
  std::map<std::uint64_t, std::thread> last;
  {
    const std::lock_guard lock(mutex_);
    last.swap(threads_);
  }
  for (auto& [id, thread] : last) thread.join();
}

void ConnectionServer::accept_loop() {
  while (!stopping_) {
    const int listening = table_.crowded() ? -1 : listen_fd_.get();  // poll ignores -1; a release wakes
    std::array<pollfd, 2> ready{{{listening, POLLIN, 0}, {wake_fd_.get(), POLLIN, 0}}};
    if (::poll(ready.data(), ready.size(), -1) < 0 && errno != EINTR) return;
    if ((ready[1].revents & POLLIN) != 0) {
      std::uint64_t ignored = 0;
      (void)!::read(wake_fd_.get(), &ignored, sizeof ignored);
    }
    reap();
    if (!stopping_ && (ready[0].revents & POLLIN) != 0) accept_ready();
  }
}

void ConnectionServer::accept_ready() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  UniqueFd fd(::accept4(listen_fd_.get(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      log_.error("accept_failed", {{"error", Error::from_errno("accept", errno).message}});
      pollfd pause{wake_fd_.get(), POLLIN, 0};  // the socket stays readable: without a pause this would spin
      (void)::poll(&pause, 1, 50);
    }
    return;
  }
  const int on = 1;
  setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  launch(std::move(fd), peer_address(address));
}

void ConnectionServer::launch(UniqueFd fd, const PeerAddress& peer) {
  Connection* connection = table_.admit(std::move(fd), peer);
  if (connection == nullptr) {
    refused_(peer);
    return;
  }
  const std::lock_guard lock(mutex_);
  const std::uint64_t id = next_id_++;
  try {
    threads_.emplace(id, std::thread([this, id, connection] { run(id, *connection); }));
  } catch (const std::system_error& e) {
    log_.error("thread_failed", {{"error", e.what()}});
    table_.release(*connection);
    refused_(peer);
  }
}

void ConnectionServer::run(std::uint64_t id, Connection& connection) {
  try {
    serve_(connection, table_);
  } catch (const std::exception& e) {
    log_.error("connection_failed", {{"error", e.what()}});
  }
  table_.release(connection);
  {
    const std::lock_guard lock(mutex_);
    finished_.push_back(id);
  }
  wake();
}

void ConnectionServer::reap() {
  std::vector<std::thread> ended;
  {
    const std::lock_guard lock(mutex_);
    for (const auto id : finished_) {
      const auto it = threads_.find(id);
      if (it == threads_.end()) continue;
      ended.push_back(std::move(it->second));
      threads_.erase(it);
    }
    finished_.clear();
  }
  for (auto& thread : ended) thread.join();
}

void ConnectionServer::wake() const {
  const std::uint64_t one = 1;
  (void)!::write(wake_fd_.get(), &one, sizeof one);
}

}  // namespace canaryd::web
