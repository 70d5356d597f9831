#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/audit/record.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::app {

// An alert of the past, from a notification or from a record of an audit log.
struct PastAlert {
  std::string where;  // file and line
  WallTime at;        // when it was decided about; of a notification, which does not say, the alert's startsAt
  alert::Alert alert;
  alert::UrlTarget url;                 // the service that the record names, should the labels name none
  std::string actor;                    // who brought it; empty: not known
  std::optional<audit::Record> record;  // what was decided; absent: a notification does not say
};

// What was brought together: the alerts of one notification, or of one record.
using PastDelivery = std::vector<PastAlert>;

struct PastCount {
  std::size_t others = 0;  // records that are about no alert: commands, rehearsals, what came after a decision
};

// Reads notifications (one JSON document, or one a line), a segment of an audit log or a log's folder. Errors: `io`,
// `not_found`, `invalid`, each with file and place.
Result<PastCount> read_past(const std::string& path, const std::function<void(const PastDelivery&)>& visit);

}  // namespace canaryd::app
