#pragma once

#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "canaryd/audit/query_pages.hpp"
#include "canaryd/base/strong.hpp"
#include "exchange.hpp"

namespace canaryd::web {

// The query of GET /api/v1/audit, for a client that is bound to `namespaces` (empty: to none). Its values are
// percent-decoded; a + is a +. What the conditions say is checked when the page is read. Pure.
tl::expected<audit::PageRequest, Refusal> read_audit_query(const std::optional<std::string>& query,
                                                           const std::vector<Namespace>& namespaces);

// The names that it may have, in the order of the documentation.
std::vector<std::string> audit_parameters();

}  // namespace canaryd::web
