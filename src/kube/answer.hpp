#pragma once

#include "canaryd/base/error.hpp"
#include "canaryd/http/client.hpp"

namespace canaryd::kube {

// What was asked, as far as a failure means something else for it.
enum class Asked { read, write, create, dry_run };

// The status of a whole answer, as the typed errors of KubeApi; a 2xx that the request can have is its body.
Result<std::string> body_of(http::Response response, Asked asked);

// An exchange without a whole answer.
Error without_answer(Error error, Asked asked);

}  // namespace canaryd::kube
