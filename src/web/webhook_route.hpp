#pragma once

#include <string>
#include <vector>

#include "auth.hpp"
#include "canaryd/engine/delivery.hpp"
#include "exchange.hpp"

namespace canaryd::web {

// What the connection itself says of the client.
struct ClientConnection {
  std::string peer;               // with port
  std::vector<std::string> sans;  // of its certificate
  bool trusted = true;            // its certificate is (still) good, where one is asked for
};

// Judges a request to the HTTPS listener on its head: framing, path, method, credentials, role, media type, length and
// query, in this order, so that nothing is read or told beyond what is due. What passes is parsed and handed on.
tl::expected<Call, Refusal> judge_webhook(const Head& head, SteadyTime began, const ClientConnection& client,
                                          const Authenticator& authenticator,
                                          const engine::NotificationHandler& handler);

// Framing that is refused on every listener: Transfer-Encoding, Content-Encoding, an unknown Expect, a Range, a
// Content-Length that is no number. nullopt when all is well.
std::optional<Refusal> refuse_framing(const Head& head);

// ?namespace=&inferenceservice=, each once and a DNS label.
tl::expected<alert::UrlTarget, std::string> parse_target_query(const std::optional<std::string>& query);

}  // namespace canaryd::web
