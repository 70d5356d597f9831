#pragma once

#include "canaryd/audit/record.hpp"

namespace canaryd::audit {

// A record with every text and list no longer than a report has use for: what is kept of a forged one stays small.
Record cut(Record record);

}  // namespace canaryd::audit
