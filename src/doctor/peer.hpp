#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"
#include "canaryd/doctor/examine.hpp"
#include "canaryd/http/client.hpp"
#include "canaryd/http/token.hpp"

namespace canaryd::doctor {

// The time there is: each question has a few seconds of it, and together they end.
class Budget {
 public:
  explicit Budget(std::chrono::milliseconds total) : end_(std::chrono::steady_clock::now() + total) {}
  // The deadline of one question that begins now.
  SteadyTime next(std::chrono::milliseconds most = std::chrono::seconds(5)) const {
    return std::min(std::chrono::steady_clock::now() + most, end_);
  }
  bool is_over() const { return std::chrono::steady_clock::now() >= end_; }

 private:
  SteadyTime end_;
};

// Prometheus or Alertmanager. One that could not be reached once is not tried again: each try would take its whole
// time.
class Peer {
 public:
  // Errors: `invalid` (the address, a token in the clear), `io` (the token).
  static Result<Peer> connect(const Service& service);

  // The body of a 200. Errors: the message has the address, and what was answered, escaped.
  Result<std::string> get(const std::string& path, SteadyTime deadline);
  Result<std::string> post_json(const std::string& path, const std::string& body, SteadyTime deadline);

 private:
  Peer(std::string url, std::unique_ptr<http::Client> client, std::unique_ptr<http::Token> token)
      : url_(std::move(url)), client_(std::move(client)), token_(std::move(token)) {}
  Result<std::string> send(http::Request request);

  std::string url_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<http::Token> token_;
  std::optional<Error> away_;
};

// Percent-encodes a value of a query.
std::string query_value(std::string_view text);

}  // namespace canaryd::doctor
