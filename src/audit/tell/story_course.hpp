#pragma once

#include <string>

#include "canaryd/audit/explain.hpp"

namespace canaryd::audit {

// What happened and when, one line an event, each with the time since the alert began or, without one, since the first
// record; and what came later. Empty when there was nothing but the one record. Each line ends with LF. Pure.
std::string tell_course(const Case& found);
std::string tell_later(const Case& found);

}  // namespace canaryd::audit
