#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace canaryd {

// What kind of failure it was, as far as a caller acts differently on it.
enum class ErrorKind : std::uint8_t {
  invalid,          // bad input: a configuration, a notification, an argument; never cured by trying again
  not_found,        // the object is not there (HTTP 404)
  unauthenticated,  // HTTP 401
  forbidden,        // HTTP 403
  conflict,         // HTTP 409
  gone,             // HTTP 410: a watch's resourceVersion is too old
  rejected,         // HTTP 422: a failed `test` of a JSON Patch or a schema violation (told apart by reading again)
  throttled,        // HTTP 429; `retry_after` may be set
  unavailable,      // no connection, a timeout before anything was sent, another 5xx: nothing was changed
  outcome_unknown,  // a write was put on the wire and its answer did not come back whole: it may have been applied
  io,               // a file or socket of this machine failed
  cancelled,        // the process is stopping
};

// The name of the kind, as logs and records show it: "not_found".
const char* name_of(ErrorKind kind);

// The one error type. `message` is one English phrase for a person and says what, where and what was expected; text
// from outside in it is not yet escaped: logs and records escape it.
struct Error {
  ErrorKind kind = ErrorKind::invalid;
  std::string message;
  int http_status = 0;                       // the status that was answered, 0 when there was none
  std::chrono::milliseconds retry_after{0};  // of a `throttled` answer; 0 when it named none

  static Error invalid(std::string message) { return {ErrorKind::invalid, std::move(message)}; }
  static Error not_found(std::string message) { return {ErrorKind::not_found, std::move(message)}; }
  static Error unavailable(std::string message) { return {ErrorKind::unavailable, std::move(message)}; }
  static Error outcome_unknown(std::string message) { return {ErrorKind::outcome_unknown, std::move(message)}; }
  static Error io(std::string message) { return {ErrorKind::io, std::move(message)}; }
  // "<what>: <strerror(errno_value)>"
  static Error from_errno(const std::string& what, int errno_value);
};

template <class T>
using Result = tl::expected<T, Error>;
using Status = Result<void>;

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

}  // namespace canaryd
