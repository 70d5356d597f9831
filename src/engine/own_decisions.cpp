#include "own_decisions.hpp"

#include <utility>

#include "canaryd/traffic/decode.hpp"

namespace canaryd::engine {

using policy::Reason;
using policy::Verdict;

policy::Decision by_one_guard(Verdict verdict, Reason guard, std::string detail) {
  return {verdict, guard, {{guard, false, std::move(detail)}}, {}};
}

policy::Decision not_read(const Error& error) {
  if (error.kind == ErrorKind::not_found) {
    return by_one_guard(Verdict::refuse, Reason::not_found, "the API server answered 404");
  }
  const bool denied = error.kind == ErrorKind::forbidden || error.kind == ErrorKind::unauthenticated;
  return by_one_guard(Verdict::retry, denied ? Reason::forbidden : Reason::cluster_unavailable,
                      traffic::status_message(error.message));
}

}  // namespace canaryd::engine
