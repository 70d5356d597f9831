#pragma once

#include "routes.hpp"

namespace canaryd::web {

// GET /api/v1/audit: one page of the records that its query asks for.
tl::expected<Call, Refusal> admit_audit(const Admitted& request, const RouteContext& context);

}  // namespace canaryd::web
