#pragma once

#include <string>

#include "canaryd/base/error.hpp"
#include "canaryd/http/client.hpp"

namespace canaryd::app {

// How the command line reaches a canaryd.
struct ApiConnection {
  std::string server;       // "https://canaryd.example:8443"
  std::string ca_file;      // PEM; empty: the system's store
  std::string token_file;   // empty: none
  std::string certificate;  // PEM file of the client's; empty: none
  std::string key;
};

// One request with JSON as its body, and the answer to it, whatever its status. Errors: `invalid` (the address), `io`
// (the token), `unavailable`, `outcome_unknown` (a POST went out and no whole answer came), each with the address.
Result<http::Response> ask(const ApiConnection& connection, http::Method method, const std::string& path,
                           const std::string& body);

// `text` from a server as one line that is safe for a terminal; quotes stay as they are.
std::string one_line(const std::string& text);

// What an answer other than 200 says of why, in one line for a person: escaped.
std::string refusal_text(const http::Response& response);

}  // namespace canaryd::app
