#include "api_connection.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/http/base_url.hpp"
#include "canaryd/http/token.hpp"
#include "canaryd/web/api.hpp"

namespace canaryd::app {

namespace {

constexpr std::chrono::seconds patience{15};  // the answer is due within 8
constexpr std::size_t max_answer = 16U << 20;
constexpr std::size_t max_shown = 4096;  // all guards that stop a step may be told

}  // namespace

Result<http::Response> ask(const ApiConnection& connection, http::Method method, const std::string& path,
                           const std::string& body) {
  const auto url = http::parse_base_url(connection.server);
  if (!url) return fail(url.error());
  http::Request request;
  request.method = method;
  request.path = path;
  request.headers.emplace_back("Accept", "application/json");
  if (!connection.token_file.empty()) {
    auto token = http::Token::from_file(connection.token_file);
    if (!token) return fail(token.error());
    request.headers.emplace_back("Authorization", "Bearer " + token->value());
  }
  if (method == http::Method::post) request.headers.emplace_back("Content-Type", "application/json");
  request.body = body;
  request.deadline = std::chrono::steady_clock::now() + patience;
  request.max_body = max_answer;
  http::Client client({url->text, connection.ca_file, connection.certificate, connection.key});
  auto response = client.send(request);
  if (!response) response.error().message = url->text + ": " + response.error().message;
  return response;
}

std::string one_line(const std::string& text) {
  std::string line;
  const std::size_t end = text.find_last_not_of('\n');
  for (const char c : printable(text.substr(0, std::min(end + 1, max_shown)))) {
    if (c == '\n') {
      line += "\\n";
    } else {
      line += c;
    }
  }
  return line;
}

std::string refusal_text(const http::Response& response) {
  const auto answer = web::read_answer(response.body);
  if (!answer) {
    return "the server answered " + std::to_string(response.status) + ": " + one_line(response.body);
  }
  std::string text = one_line(answer->message) + " (" + escaped(answer->reason);
  if (!answer->id.empty()) text += ", record " + escaped(answer->id);
  return text + ")";
}

}  // namespace canaryd::app
