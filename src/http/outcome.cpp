#include "outcome.hpp"

namespace canaryd::http {

ErrorKind kind_of(const Attempt& attempt) {
  if (attempt.write && attempt.pre_requests > 0 && attempt.bytes_written > 0) return ErrorKind::outcome_unknown;
  return attempt.cancelled ? ErrorKind::cancelled : ErrorKind::unavailable;
}

}  // namespace canaryd::http
