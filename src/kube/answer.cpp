#include "answer.hpp"

namespace canaryd::kube {
namespace {

constexpr std::size_t max_message_bytes = 4096;

// A write that may have been acted on is not known to have failed; reads and dry runs change nothing.
ErrorKind doubtful(Asked asked) {
  const bool writes = asked == Asked::write || asked == Asked::create;
  return writes ? ErrorKind::outcome_unknown : ErrorKind::unavailable;
}

ErrorKind kind_of(int status, Asked asked) {
  switch (status) {
    case 401:
      return ErrorKind::unauthenticated;
    case 403:
      return ErrorKind::forbidden;
    case 404:
      return ErrorKind::not_found;
    case 408:
      return doubtful(asked);  // a load balancer's: it says nothing of what the server behind it did
    case 409:
      return ErrorKind::conflict;
    case 410:
      return ErrorKind::gone;
    case 422:
      return ErrorKind::rejected;
    case 429:
      return ErrorKind::throttled;
    default:
      break;
  }
  return status >= 400 && status < 500 ? ErrorKind::invalid : doubtful(asked);
}

}  // namespace

Result<std::string> body_of(http::Response response, Asked asked) {
  // 201 answers a create only; a 202, 204 or redirect did not come from an API server that did it.
  if (response.status == (asked == Asked::create ? 201 : 200)) return std::move(response.body);
  Error error;
  error.kind = kind_of(response.status, asked);
  error.http_status = response.status;
  error.retry_after = response.retry_after;
  error.message = std::move(response.body);
  if (error.message.size() > max_message_bytes) error.message.resize(max_message_bytes);
  while (error.message.ends_with('\n')) error.message.pop_back();
  if (error.message.empty()) error.message = "HTTP status " + std::to_string(response.status) + " without a body";
  return fail(std::move(error));
}

Error without_answer(Error error, Asked asked) {
  if (error.kind == ErrorKind::outcome_unknown) error.kind = doubtful(asked);
  return error;
}

}  // namespace canaryd::kube
