#include "peer.hpp"

#include <utility>

#include "canaryd/http/base_url.hpp"
#include "canaryd/kube/api.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

// All rules or targets of a large Prometheus; read, it takes several times that, of the memory of canaryd's pod.
constexpr std::size_t max_answer = 16u << 20;

}  // namespace

Result<Peer> Peer::connect(const Service& service) {
  const auto url = http::parse_base_url(service.url);
  if (!url) return fail(url.error());
  const bool secret = !service.token_file.empty() || !service.certificate.empty();
  if (secret && !url->tls && !url->loopback && !service.allow_http) {
    return fail(Error::invalid(url->text + ": a token is not sent in the clear, expected https"));
  }
  auto token = service.token_file.empty() ? Result<http::Token>(http::Token::fixed({}))
                                          : http::Token::from_file(service.token_file);
  if (!token) return fail(token.error());
  auto client =
      std::make_unique<http::Client>(http::Endpoint{url->text, service.ca_file, service.certificate, service.key});
  return Peer(url->text, std::move(client), std::make_unique<http::Token>(std::move(*token)));
}

Result<std::string> Peer::get(const std::string& path, SteadyTime deadline) {
  http::Request request;
  request.path = path;
  request.deadline = deadline;
  return send(std::move(request));
}

Result<std::string> Peer::post_json(const std::string& path, const std::string& body, SteadyTime deadline) {
  http::Request request;
  request.method = http::Method::post;
  request.path = path;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = body;
  request.deadline = deadline;
  return send(std::move(request));
}

Result<std::string> Peer::send(http::Request request) {
  if (away_) return fail(*away_);
  request.headers.emplace_back("Accept", "application/json");
  request.max_body = max_answer;
  if (const auto token = token_->value(); !token.empty()) {
    request.headers.emplace_back("Authorization", "Bearer " + token);
  }
  auto response = client_->send(request);
  if (!response) {
    away_ = Error::unavailable(url_ + ": " + said(response.error().message));
    return fail(*away_);
  }
  if (response->status == 200) return std::move(response->body);
  Error error = Error::unavailable(url_ + " answered " + std::to_string(response->status) + " to " +
                                   request.path.substr(0, request.path.find('?')) + ": " + said(response->body, 200));
  error.http_status = response->status;
  return fail(std::move(error));
}

std::string query_value(std::string_view text) { return kube::url_encoded(text); }

}  // namespace canaryd::doctor
