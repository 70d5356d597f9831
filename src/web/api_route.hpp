#pragma once

#include "routes.hpp"

namespace canaryd::web {

// GET /api/v1/rollouts, with an optional ?namespace=NS.
tl::expected<Call, Refusal> admit_list(const Admitted& request, const RouteContext& context);

// The API's POSTs: what the route's verb asks for, of /NS/NAME where the path has them.
tl::expected<Call, Refusal> admit_act(const Admitted& request, const RouteContext& context);

}  // namespace canaryd::web
