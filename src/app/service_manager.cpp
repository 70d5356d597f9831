#include "service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace canaryd::app {

ServiceManager::ServiceManager() {
  const char* const address = std::getenv("NOTIFY_SOCKET");
  // A path, or '@' and a name of the abstract namespace; systemd writes no other form for a service.
  if (address == nullptr || (*address != '/' && *address != '@')) return;
  address_ = address;
  if (address_.size() >= sizeof(sockaddr_un::sun_path)) return;
  socket_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

ServiceManager::~ServiceManager() {
  if (socket_ >= 0) ::close(socket_);
}

void ServiceManager::alive(const std::string& status) {
  std::string lines = "WATCHDOG=1";
  if (status != status_) {
    status_ = status;
    std::string line = status.substr(0, status.find_last_not_of('\n') + 1);
    std::replace(line.begin(), line.end(), '\n', ';');  // a line feed would begin another KEY=value
    lines += "\nSTATUS=" + line;
  }
  send(lines);
}

void ServiceManager::send(std::string_view lines) const {
  if (socket_ < 0) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  std::memcpy(to.sun_path, address_.data(), address_.size());
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
  // Lost when the manager's queue is full: the next tick says it again.
  static_cast<void>(
      ::sendto(socket_, lines.data(), lines.size(), MSG_NOSIGNAL, reinterpret_cast<sockaddr*>(&to), size));
}

}  // namespace canaryd::app
