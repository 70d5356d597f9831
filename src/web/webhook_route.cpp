#include "webhook_route.hpp"

#include <chrono>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/web/settings.hpp"

namespace canaryd::web {

namespace {

constexpr std::string_view webhook_path = "/webhooks/alertmanager";
// Alertmanager's own time-out is 10 s.
constexpr std::chrono::seconds answer_within{8};

std::optional<Refusal> refuse_place(const Head& head) {
  if (head.path != webhook_path) return Refusal{404, "not_found", "no such path", {}};
  if (head.method != "POST") return Refusal{405, "method_not_allowed", "expected POST", {{"Allow", "POST"}}};
  return std::nullopt;
}

std::optional<Refusal> refuse_content(const Head& head) {
  const std::string* type = head.find("content-type");
  if (type == nullptr || !is_json_type(*type)) {
    return Refusal{415, "bad_media_type", "expected Content-Type: application/json", {}};
  }
  const std::string* length = head.find("content-length");
  if (length == nullptr) return Refusal{411, "length_required", "expected a Content-Length", {}};
  if (parse_content_length(*length).value_or(max_body + 1) > max_body) {
    return Refusal{413, "too_large", "expected a body of at most 1 MiB", {}};
  }
  return std::nullopt;
}

Reply deliver(const std::string& body, const engine::Delivery& delivery, const engine::NotificationHandler& handler) {
  auto notification = alert::parse_notification(body);
  // The parser has escaped what it shows: once more would turn its quotes into backslashes.
  if (!notification) return {400, notification.error().message + "\n"};
  const engine::Answer answer = handler(std::move(*notification), delivery);
  return {answer.status, answer.text + "\n"};
}

}  // namespace

std::optional<Refusal> refuse_framing(const Head& head) {
  if (head.find("transfer-encoding") != nullptr) {
    return Refusal{411, "length_required", "expected a Content-Length, not a Transfer-Encoding", {}};
  }
  if (head.find("content-encoding") != nullptr) {
    return Refusal{415, "bad_media_type", "expected no Content-Encoding", {}};
  }
  const std::string* expect = head.find("expect");
  if (expect != nullptr && *expect != "100-continue") {
    return Refusal{417, "malformed", "expected no Expect but 100-continue", {}};
  }
  const std::string* length = head.find("content-length");
  if (length != nullptr && !parse_content_length(*length)) {
    return Refusal{400, "malformed", "expected Content-Length as decimal digits", {}};
  }
  return std::nullopt;
}

tl::expected<alert::UrlTarget, std::string> parse_target_query(const std::optional<std::string>& query) {
  using Problem = tl::unexpected<std::string>;
  alert::UrlTarget target;
  std::string_view rest = query ? std::string_view(*query) : std::string_view();
  while (!rest.empty()) {
    const std::size_t end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const std::size_t equals = pair.find('=');
    const std::string_view key = pair.substr(0, equals);
    const std::string value(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
    if (key != "namespace" && key != "inferenceservice") {
      return Problem("expected no query parameter but namespace and inferenceservice");
    }
    if (!is_dns_label(value)) return Problem("query parameter " + std::string(key) + ": expected a DNS label");
    if (key == "namespace" ? target.ns.has_value() : target.name.has_value()) {
      return Problem("query parameter " + std::string(key) + ": expected once");
    }
    if (key == "namespace") target.ns = Namespace(value);
    if (key == "inferenceservice") target.name = ServiceName(value);
  }
  return target;
}

tl::expected<Call, Refusal> judge_webhook(const Head& head, SteadyTime began, const ClientConnection& client,
                                          const Authenticator& authenticator,
                                          const engine::NotificationHandler& handler) {
  if (auto refusal = refuse_place(head)) return tl::unexpected(*refusal);
  const auto principal =
      client.trusted ? authenticator.identify(head.find("authorization"), client.sans) : std::nullopt;
  if (!principal) {
    return tl::unexpected(
        Refusal{401, "unauthenticated", "expected a listed client", {{"WWW-Authenticate", "Bearer"}}});
  }
  if (principal->role != Role::alert) {
    return tl::unexpected(Refusal{403, "forbidden", "expected a client of role alert", {}});
  }
  if (auto refusal = refuse_framing(head)) return tl::unexpected(*refusal);
  if (auto refusal = refuse_content(head)) return tl::unexpected(*refusal);
  const auto target = parse_target_query(head.query);
  if (!target) return tl::unexpected(Refusal{400, "malformed", target.error(), {}});

  engine::Delivery delivery{principal->actor, client.peer, principal->namespaces, *target, began + answer_within};
  return Call{
      *parse_content_length(*head.find("content-length")),
      [delivery = std::move(delivery), &handler](const std::string& body) { return deliver(body, delivery, handler); }};
}

}  // namespace canaryd::web
