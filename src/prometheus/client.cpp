#include "canaryd/prometheus/client.hpp"

#include "answer.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/http/client.hpp"
#include "canaryd/http/token.hpp"

namespace canaryd::prometheus {

namespace {

constexpr std::size_t max_answer = 4u << 20;
constexpr auto margin = std::chrono::milliseconds(50);  // what the answer's way back may take of the deadline

std::string form_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~';
    if (plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    }
  }
  return out;
}

ErrorKind kind_of(int status) {
  switch (status) {
    case 401:
      return ErrorKind::unauthenticated;
    case 403:
      return ErrorKind::forbidden;
    case 400:
    case 422:
      return ErrorKind::invalid;
    default:
      return ErrorKind::unavailable;
  }
}

Error refused(const http::Response& response) {
  Error error;
  error.kind = kind_of(response.status);
  error.http_status = response.status;
  error.message = "HTTP status " + std::to_string(response.status) + ": " + escaped(response.body, 300);
  return error;
}

class HttpClient final : public Client {
 public:
  HttpClient(http::Endpoint endpoint, http::Token token) : client_(std::move(endpoint)), token_(std::move(token)) {}

  Result<std::vector<Sample>> query(const std::string& promql, SteadyTime deadline) override {
    auto response = ask(promql, deadline);
    // A token that was rotated between our look at the file and the server's check. A query changes nothing.
    if (response && response->status == 401 && token_.refresh()) response = ask(promql, deadline);
    if (!response) return fail(Error::unavailable(response.error().message));
    if (response->status != 200) return fail(refused(*response));
    return samples_of(response->body);
  }

 private:
  Result<http::Response> ask(const std::string& promql, SteadyTime deadline) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left <= margin) return fail(Error::unavailable("no time is left to ask"));
    http::Request request;
    // A POST, since a query may be longer than a URL; it changes nothing.
    request.method = http::Method::post;
    request.path = "/api/v1/query";
    request.headers = {{"Accept", "application/json"}, {"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "query=" + form_encoded(promql) + "&timeout=" + std::to_string((left - margin).count()) + "ms";
    request.deadline = deadline;
    request.max_body = max_answer;
    if (const auto token = token_.value(); !token.empty()) {
      request.headers.emplace_back("Authorization", "Bearer " + token);
    }
    return client_.send(request);
  }

  http::Client client_;
  http::Token token_;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::create(const Settings& settings) {
  http::Endpoint endpoint;
  endpoint.base_url = settings.url;
  endpoint.ca_file = settings.ca_file;
  endpoint.client_certificate = settings.client_certificate;
  endpoint.client_key = settings.client_key;
  if (settings.token_file.empty()) {
    return std::make_unique<HttpClient>(std::move(endpoint), http::Token::fixed({}));
  }
  auto token = http::Token::from_file(settings.token_file);
  if (!token) return fail(token.error());
  return std::make_unique<HttpClient>(std::move(endpoint), std::move(*token));
}

}  // namespace canaryd::prometheus
