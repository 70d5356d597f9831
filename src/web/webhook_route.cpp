#include "webhook_route.hpp"

#include <utility>

#include "query.hpp"

namespace canaryd::web {

namespace {

Reply deliver(const std::string& body, const engine::Delivery& delivery, const engine::NotificationHandler& handler) {
  auto notification = alert::parse_notification(body);
  // The parser has escaped what it shows: once more would turn its quotes into backslashes.
  if (!notification) return {400, notification.error().message + "\n"};
  const engine::Answer answer = handler(std::move(*notification), delivery);
  return {answer.status, answer.text + "\n"};
}

}  // namespace

tl::expected<alert::UrlTarget, std::string> parse_target_query(const std::optional<std::string>& query) {
  const auto labels = parse_query(query, {"namespace", "inferenceservice"});
  if (!labels) return tl::unexpected(labels.error());
  alert::UrlTarget target;
  if (const auto ns = labels->find("namespace"); ns != labels->end()) target.ns = Namespace(ns->second);
  if (const auto name = labels->find("inferenceservice"); name != labels->end()) {
    target.name = ServiceName(name->second);
  }
  return target;
}

tl::expected<Call, Refusal> admit_notification(const Admitted& request, const RouteContext& context) {
  const auto target = parse_target_query(request.head.query);
  if (!target) return tl::unexpected(Refusal{400, "malformed", target.error(), {}});
  engine::Delivery delivery{request.principal.actor, request.peer, request.principal.namespaces, *target,
                            request.deadline};
  return Call{parse_content_length(*request.head.find("content-length")).value_or(0),
              [delivery = std::move(delivery), &handler = context.hooks.on_notification](const std::string& body) {
                return deliver(body, delivery, handler);
              }};
}

}  // namespace canaryd::web
