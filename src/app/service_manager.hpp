#pragma once

#include <string>
#include <string_view>

namespace canaryd::app {

// What a service manager is told (systemd's sd_notify(3), Type=notify): one datagram of KEY=value lines to the socket
// named in NOTIFY_SOCKET. Without one nothing is sent; what cannot be delivered is lost, for nothing may wait on it.
class ServiceManager {
 public:
  ServiceManager();
  ~ServiceManager();
  ServiceManager(const ServiceManager&) = delete;
  ServiceManager& operator=(const ServiceManager&) = delete;

  // The listeners are bound. Whether canaryd is ready to act is its status, not this: a cluster that is away must not
  // end the daemon that waits for it.
  void started() const { send("READY=1"); }
  void stopping() const { send("STOPPING=1"); }
  // The main loop turns (WatchdogSec=), and what it says of itself, in one line.
  void alive(const std::string& status);

 private:
  void send(std::string_view lines) const;

  int socket_ = -1;
  std::string address_;
  std::string status_;
};

}  // namespace canaryd::app
