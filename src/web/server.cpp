#include <algorithm>
#include <csignal>
#include <mutex>
#include <utility>

#include "auth.hpp"
#include "connection_server.hpp"
#include "guarded_server.hpp"
#include "http_connection.hpp"
#include "routes.hpp"
#include "tls_context.hpp"

namespace canaryd::web {

namespace {

// What a Server is built from.
struct Parts {
  ServerSettings settings;
  TlsMaterial tls;
  ClientList clients;
};

Result<TlsMaterial> load_tls(const TlsSettings& settings) {
  const auto files = read_tls_files(settings);
  if (!files) return fail(files.error());
  return make_tls_material(settings, *files);
}

// Refuses a certificate that clients would not accept now.
Status check_validity(const TlsMaterial& material, const TlsSettings& settings, const Clock& clock) {
  const std::int64_t now = std::chrono::floor<std::chrono::seconds>(clock.now()).time_since_epoch().count();
  if (now > material.not_after) return fail(Error::invalid(settings.certificate + ": the certificate has expired"));
  if (now < material.not_before) {
    return fail(Error::invalid(settings.certificate + ": the certificate is not valid yet"));
  }
  return {};
}

// For a start and a reload. A file that goes away later admits nobody until it is back; a server that could admit
// nobody from the beginning is a mistake, and Alertmanager does not retry a 401.
Result<ClientList> load_clients(const ServerSettings& settings) {
  auto clients = read_clients(settings);
  if (!clients || !clients->sans.empty()) return clients;
  const auto admits = [](const ClientList::Token& token) { return !token.sha256.empty(); };
  if (clients->problems.empty() || std::any_of(clients->tokens.begin(), clients->tokens.end(), admits)) return clients;
  std::string why;
  for (const auto& problem : clients->problems) why += (why.empty() ? "" : "; ") + problem;
  return fail(Error::invalid("no client could be admitted: " + why));
}

class GuardedServer final : public Server {
 public:
  GuardedServer(Parts parts, ListenSocket socket, WebHooks hooks, const Clock& clock, Logger& log, Metrics& metrics,
                const Timing& timing)
      : settings_(std::move(parts.settings)),
        tls_(std::move(parts.tls)),
        authenticator_(ClientList{}),
        hooks_(std::move(hooks)),
        timing_(timing),
        clock_(clock),
        log_(log),
        account_("webhook", metrics, log, hooks_.on_refused),
        connections_gauge_(metrics.gauge("canaryd_http_connections", "Connections open.", {{"listener", "webhook"}})),
        evicted_counter_(metrics.counter("canaryd_http_evicted_total", "Connections that had to give way to a new one.",
                                         {{"listener", "webhook"}})),
        not_after_gauge_(metrics.gauge("canaryd_certificate_not_after_seconds",
                                       "End of the serving certificate's validity, Unix time.")),
        connections_(
            std::move(socket), settings_.max_connections, ProtectWorking::yes,
            [this](Connection& c, ConnectionTable& table) { serve(c, table); },
            [this](const PeerAddress& peer) { account_.refused("too_many_connections", peer); }, log) {
    not_after_gauge_.set(static_cast<double>(tls_.not_after()));
    take_clients(std::move(parts.clients));
  }

  int port() const override { return connections_.port(); }
  void start() override { connections_.start(); }
  void stop(std::chrono::milliseconds patience) override { connections_.stop(patience); }

  Status reconfigure(const ServerSettings& settings) override {
    const std::lock_guard lock(settings_mutex_);
    auto tls = load_tls(settings.tls);
    if (!tls) return fail(tls.error());
    if (auto valid = check_next(*tls, settings.tls); !valid) return valid;
    auto clients = load_clients(settings);
    if (!clients) return fail(clients.error());
    tls_.swap(std::move(*tls));
    take_clients(std::move(*clients));
    not_after_gauge_.set(static_cast<double>(tls_.not_after()));
    settings_ = settings;
    return {};
  }

  void refresh() override {
    const std::lock_guard lock(settings_mutex_);
    refresh_tls();
    if (auto clients = read_clients(settings_)) take_clients(std::move(*clients));
    const std::size_t evicted = connections_.table().evicted();
    evicted_counter_.add(static_cast<double>(evicted - evicted_));
    evicted_ = evicted;
  }

 private:
  // One that ends when the one in force does is no worse: a certificate that has run out must not keep another client
  // CA or other clients from being taken.
  Status check_next(const TlsMaterial& material, const TlsSettings& settings) const {
    if (material.not_after == tls_.not_after()) return {};
    return check_validity(material, settings, clock_);
  }

  void refresh_tls() {
    const auto files = read_tls_files(settings_.tls);
    const std::string seen = files ? fingerprint(*files) : files.error().message;
    if (seen == tls_.fingerprint()) return;
    auto material = files ? make_tls_material(settings_.tls, *files) : Result<TlsMaterial>(fail(files.error()));
    // Tried again even when it was refused before: one that is not valid yet becomes so.
    if (material) {
      if (auto valid = check_next(*material, settings_.tls); !valid) material = fail(valid.error());
    }
    if (!material) {
      if (seen != last_bad_) log_.error("certificate_refused", {{"error", material.error().message}});
      last_bad_ = seen;  // said once
      return;
    }
    last_bad_.clear();
    tls_.swap(std::move(*material));
    not_after_gauge_.set(static_cast<double>(tls_.not_after()));
    log_.info("certificate_reloaded", {{"file", settings_.tls.certificate}});
  }

  void take_clients(ClientList clients) {
    if (clients.problems != token_problems_) {
      for (const auto& problem : clients.problems) log_.error("token_refused", {{"error", problem}});
      if (clients.problems.empty()) log_.info("tokens_complete");
      token_problems_ = clients.problems;
    }
    authenticator_.swap(std::move(clients));
  }

  void serve(Connection& connection, ConnectionTable& table) {
    connections_gauge_.add(1);
    serve_tls(connection, table);
    connections_gauge_.add(-1);
  }

  void serve_tls(Connection& connection, ConnectionTable& table) {
    std::uint64_t ca_generation = 0;
    const SslPtr session = tls_.new_session(ca_generation);
    if (!session) return;
    const SteadyTime deadline = std::chrono::steady_clock::now() + timing_.handshake;
    if (tls_handshake(connection.fd(), *session, deadline) != Io::ok) {
      // One that had to give way meanwhile is no failed handshake.
      if (table.enter(connection, Phase::closing)) account_.refused("tls_handshake", connection.peer());
      return;
    }
    ClientConnection client{connection.peer().str(), client_sans(*session), true};
    const RouteContext context{authenticator_, hooks_, clock_, [this, &connection](const std::string& reason) {
                                 account_.refused(reason, connection.peer());
                               }};
    const Judge judge = [&](const Head& head, SteadyTime began) {
      client.trusted = tls_.still_trusted(*session, ca_generation);
      return judge_request(head, began, client, context);
    };
    const auto channel = tls_channel(connection.fd(), *session);
    serve_requests(connection, table, *channel, judge, {clock_, timing_, account_});
  }

  std::mutex settings_mutex_;  // of the next three: reconfigure() and refresh() may come from two threads
  ServerSettings settings_;
  std::string last_bad_;                     // the certificate files' state that was complained of
  std::vector<std::string> token_problems_;  // likewise
  TlsContext tls_;
  Authenticator authenticator_;
  const WebHooks hooks_;
  const Timing timing_;
  const Clock& clock_;
  Logger& log_;
  HttpAccount account_;
  Gauge connections_gauge_;
  Counter evicted_counter_;
  std::size_t evicted_ = 0;  // what evicted_counter_ counts so far; of settings_mutex_
  Gauge not_after_gauge_;
  ConnectionServer connections_;  // last: its threads use all of the above
};

}  // namespace

Result<std::unique_ptr<Server>> create_guarded_server(const ServerSettings& settings, WebHooks hooks,
                                                      const Clock& clock, Logger& log, Metrics& metrics,
                                                      const Timing& timing) {
  // OpenSSL writes to sockets without MSG_NOSIGNAL: a peer that closed would end the process.
  std::signal(SIGPIPE, SIG_IGN);
  auto tls = load_tls(settings.tls);
  if (!tls) return fail(tls.error());
  auto clients = load_clients(settings);
  if (!clients) return fail(clients.error());
  // There is no older one to keep, and a process that runs takes the next one by itself.
  if (auto valid = check_validity(*tls, settings.tls, clock); !valid) {
    log.error("certificate_not_valid", {{"error", valid.error().message}});
  }
  auto socket = open_listen_socket(settings.listen);
  if (!socket) return fail(socket.error());
  return std::make_unique<GuardedServer>(Parts{settings, std::move(*tls), std::move(*clients)}, std::move(*socket),
                                         std::move(hooks), clock, log, metrics, timing);
}

Result<std::unique_ptr<Server>> Server::create(const ServerSettings& settings, WebHooks hooks, const Clock& clock,
                                               Logger& log, Metrics& metrics) {
  return create_guarded_server(settings, std::move(hooks), clock, log, metrics, Timing{});
}

}  // namespace canaryd::web
