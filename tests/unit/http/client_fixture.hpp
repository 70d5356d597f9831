#pragma once

#include <chrono>
#include <string>

#include "canaryd/http/client.hpp"
#include "http/misbehaving_server.hpp"

namespace canaryd::test {

using std::chrono::milliseconds;
using std::chrono::seconds;

inline SteadyTime in(milliseconds time) { return std::chrono::steady_clock::now() + time; }

inline http::Request get(const std::string& path = "/", milliseconds time = seconds(10)) {
  http::Request request;
  request.path = path;
  request.deadline = in(time);
  return request;
}

inline http::Request patch(const std::string& body = "[]", milliseconds time = seconds(10)) {
  http::Request request = get("/thing", time);
  request.method = http::Method::patch;
  request.headers = {{"Content-Type", "application/json-patch+json"}};
  request.body = body;
  return request;
}

inline http::Endpoint endpoint_of(const MisbehavingServer& server) {
  http::Endpoint endpoint;
  endpoint.base_url = server.url();
  return endpoint;
}

}  // namespace canaryd::test
