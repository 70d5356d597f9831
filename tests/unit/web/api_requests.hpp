#pragma once

#include <string>

#include "fixture.hpp"

namespace canaryd::web::test {

inline const std::string operator_token = "operator-battery-staple";
inline const std::string viewer_token = "viewer-battery-staple";
inline const std::string bound_token = "bound-to-ml-battery-staple";  // an operator of the namespace ml
inline const std::string in_json = "Content-Type: application/json\r\n";

inline std::string bearer(const std::string& secret) { return "Authorization: Bearer " + secret + "\r\n"; }

// A POST of a body to the API, with its length; `headers` are lines with their CRLF.
inline std::string api_post(const std::string& path, const std::string& body,
                            const std::string& headers = bearer(operator_token) + in_json) {
  return post(headers + "Content-Length: " + std::to_string(body.size()) + "\r\n", body, path);
}

inline std::string api_get(const std::string& path, const std::string& headers, const std::string& method = "GET") {
  return method + " " + path + " HTTP/1.1\r\nHost: canaryd\r\n" + headers + "\r\n";
}

// A server with a client of each kind.
class ApiServer : public RunningServer {
 public:
  ApiServer()
      : RunningServer([this](ServerSettings& changed) {
          const auto add = [&](const char* name, Role role, const std::string& secret, std::vector<Namespace> bounds) {
            changed.tokens.push_back({name, role, folder.write(name, secret + "\n"), std::move(bounds)});
          };
          add("alice", Role::operate, operator_token, {});
          add("bob", Role::view, viewer_token, {});
          add("carol", Role::operate, bound_token, {Namespace("ml")});
        }) {}

  HttpAnswer ask(const std::string& request) { return Client(port()).exchange(request); }
};

}  // namespace canaryd::web::test
