#include <utility>

#include "http_connection.hpp"

namespace canaryd::web {

HttpAccount::HttpAccount(std::string listener, Metrics& metrics, Logger& log, OnRefused on_refused)
    : listener_(std::move(listener)), metrics_(metrics), log_(log), on_refused_(std::move(on_refused)) {}

void HttpAccount::answered(int status) {
  metrics_
      .counter("canaryd_http_requests_total", "HTTP requests answered, by listener and status code.",
               {{"code", std::to_string(status)}, {"listener", listener_}})
      .add();
}

void HttpAccount::refused(const std::string& reason, const PeerAddress& peer) {
  metrics_
      .counter("canaryd_http_refused_total", "HTTP connections and requests turned away, by listener and reason.",
               {{"listener", listener_}, {"reason", reason}})
      .add();
  // At debug level: a stranger who may cause lines at will could fill the log's disk.
  log_.debug("refused", {{"listener", listener_}, {"reason", reason}, {"peer", peer.str()}});
  if (on_refused_) on_refused_(reason, peer.ip);
}

}  // namespace canaryd::web
