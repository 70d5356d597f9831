#pragma once

#include <optional>

#include "exchange.hpp"

namespace canaryd::web {

// Framing that is refused on every listener: Transfer-Encoding, Content-Encoding, an unknown Expect, a Content-Length
// that is no number. nullopt when all is well.
std::optional<Refusal> refuse_framing(const Head& head);

// Refuses what is not JSON of a known length within max_body.
std::optional<Refusal> refuse_all_but_json(const Head& head);

// Refuses a request that has a body.
std::optional<Refusal> refuse_body(const Head& head);

}  // namespace canaryd::web
