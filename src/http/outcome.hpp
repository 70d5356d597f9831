#pragma once

#include "canaryd/base/error.hpp"

namespace canaryd::http {

// What is known of an exchange that gave no whole answer.
struct Attempt {
  bool write = false;      // a POST or PATCH
  int pre_requests = 0;    // how often libcurl was about to write the request: 0 while resolving, connecting, in TLS
  long bytes_written = 0;  // of the request, headers and body, over all connections, as handed to TLS or the kernel
  bool cancelled = false;  // our own `stop`
};

// A read changed nothing. A write of which no byte left changed nothing either: OpenSSL never completes a record that
// was cut off in the middle, and a server cannot act on half a record. From the first byte on the server may have
// acted, whatever the failure looks like.
ErrorKind kind_of(const Attempt& attempt);

}  // namespace canaryd::http
