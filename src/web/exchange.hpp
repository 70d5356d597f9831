#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "head.hpp"

namespace canaryd::web {

struct Reply {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers = {};
};

// A request that is turned away on its head alone. Its body is not read, so the connection ends.
struct Refusal {
  int status = 400;
  std::string reason;  // a code: "unauthenticated", "too_large", ...
  std::string text;    // for the client: short, without secrets
  std::vector<std::pair<std::string, std::string>> headers;
  std::string content_type = "text/plain; charset=utf-8";
};

// A request that may go on: how long its body is, and what answers it.
struct Call {
  std::size_t content_length = 0;
  std::function<Reply(const std::string& body)> run;
};

// Decides on a head. `began`: when the request's first byte was there, by the clock that deadlines are counted on.
using Judge = std::function<tl::expected<Call, Refusal>(const Head& head, SteadyTime began)>;

}  // namespace canaryd::web
