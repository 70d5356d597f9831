#include <optional>
#include <utility>

#include "canaryd/web/server.hpp"
#include "connection_server.hpp"
#include "framing.hpp"
#include "http_connection.hpp"

namespace canaryd::web {

namespace {

// Probes, one or two scrapers and a person: more is not for this listener.
constexpr std::size_t admin_slots = 32;

// Anybody may ask here and the handlers return at once: a client that takes longer is not reading its answer.
Timing admin_timing() {
  Timing timing;
  timing.request = std::chrono::seconds(2);
  timing.idle = std::chrono::seconds(15);
  return timing;
}

class PlainAdminServer final : public AdminServer {
 public:
  PlainAdminServer(ListenSocket socket, Routes routes, const Clock& clock, Logger& log, Metrics& metrics)
      : routes_(std::move(routes)),
        clock_(clock),
        account_("admin", metrics, log, {}),
        connections_(
            std::move(socket), admin_slots, ProtectWorking::no,
            [this](Connection& c, ConnectionTable& table) { serve(c, table); },
            [this](const PeerAddress& peer) { account_.refused("too_many_connections", peer); }, log) {}

  int port() const override { return connections_.port(); }
  void start() override { connections_.start(); }
  void stop() override { connections_.stop(std::chrono::seconds(1)); }

 private:
  void serve(Connection& connection, ConnectionTable& table) {
    const auto channel = plain_channel(connection.fd());
    const Judge judge = [this](const Head& head, SteadyTime) { return judge_head(head); };
    serve_requests(connection, table, *channel, judge, {clock_, timing_, account_});
  }

  const std::function<AdminReply()>* route(const std::string& path) const {
    if (path == "/healthz") return &routes_.healthz;
    if (path == "/readyz") return &routes_.readyz;
    if (path == "/metrics") return &routes_.metrics;
    return nullptr;
  }

  tl::expected<Call, Refusal> judge_head(const Head& head) const {
    const auto* handler = route(head.path);
    if (handler == nullptr) return tl::unexpected(Refusal{404, "not_found", "no such path", {}});
    if (head.method != "GET" && head.method != "HEAD") {
      return tl::unexpected(Refusal{405, "method_not_allowed", "expected GET or HEAD", {{"Allow", "GET, HEAD"}}});
    }
    if (auto refusal = refuse_framing(head)) return tl::unexpected(*refusal);
    if (auto refusal = refuse_body(head)) return tl::unexpected(*refusal);
    return Call{0, [handler](const std::string&) {
                  AdminReply reply = (*handler)();
                  return Reply{reply.status, std::move(reply.body), std::move(reply.content_type)};
                }};
  }

  const Routes routes_;
  const Timing timing_ = admin_timing();
  const Clock& clock_;
  HttpAccount account_;
  ConnectionServer connections_;  // last: its threads use all of the above
};

}  // namespace

Result<std::unique_ptr<AdminServer>> AdminServer::create(const AdminSettings& settings, Routes routes,
                                                         const Clock& clock, Logger& log, Metrics& metrics) {
  auto socket = open_listen_socket(settings.listen);
  if (!socket) return fail(socket.error());
  return std::make_unique<PlainAdminServer>(std::move(*socket), std::move(routes), clock, log, metrics);
}

}  // namespace canaryd::web
