#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/engine/command.hpp"
#include "canaryd/web/server.hpp"
#include "exchange.hpp"

namespace canaryd::web {

// What the connection itself says of the client.
struct ClientConnection {
  std::string peer;               // with port
  std::vector<std::string> sans;  // of its certificate
  bool trusted = true;            // its certificate is (still) good, where one is asked for
};

// What the routes of one connection use; outlives its requests.
struct RouteContext {
  const Authenticator& authenticator;
  const WebHooks& hooks;
  const Clock& clock;
  // Counts and tells a request that is turned away after its body was read. Those turned away on their head are
  // counted where they are answered.
  std::function<void(const std::string& reason)> refused;
};

struct Route;

// A request that passed what its line of the table asks for.
struct Admitted {
  const Route& route;
  const Head& head;
  std::vector<std::string> words;  // what the path has in place of each *
  Principal principal;
  std::string peer;
  SteadyTime deadline;  // of the answer
};

// One line of the table of routes.
struct Route {
  std::string_view path;        // a * is one segment, whatever it says
  std::string_view method;      // GET stands for HEAD, too
  unsigned roles;               // of `bit`: any of these may ask
  std::string_view media_type;  // of the body; empty: there must be none
  bool api;                     // answers are JSON, and a POST with an Origin is refused
  tl::expected<Call, Refusal> (*admit)(const Admitted& request, const RouteContext& context);
  std::optional<engine::Verb> verb = std::nullopt;  // of the API's POSTs
};

// All that the listener serves; docs/api.md prints it.
std::span<const Route> routes();

// Judges a request to the HTTPS listener on its head: path, method, credentials, role, origin, framing, media type and
// length, then what its route asks for, in this order, so that nothing is read or told beyond what is due.
tl::expected<Call, Refusal> judge_request(const Head& head, SteadyTime began, const ClientConnection& client,
                                          const RouteContext& context);

}  // namespace canaryd::web
