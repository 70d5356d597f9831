#include "api_route.hpp"

#include <algorithm>
#include <utility>

#include "api_answer.hpp"
#include "api_request.hpp"
#include "query.hpp"

namespace canaryd::web {

namespace {

using engine::Command;

tl::unexpected<Refusal> malformed(const std::string& text) {
  return tl::unexpected(Refusal{400, "malformed", text, {}});
}

bool may_act_on(const std::vector<Namespace>& namespaces, const Namespace& ns) {
  return namespaces.empty() || std::find(namespaces.begin(), namespaces.end(), ns) != namespaces.end();
}

std::string foreign_namespace(const Namespace& ns) {
  return "expected a namespace that this client is bound to, got " + ns.str();
}

tl::unexpected<Refusal> forbidden(const std::string& text) {
  return tl::unexpected(Refusal{403, "forbidden", text, {}});
}

tl::expected<Target, Refusal> read_target(const Admitted& request) {
  if (!is_dns_label(request.words[0])) return malformed("expected a Kubernetes namespace in the path");
  if (!is_dns_label(request.words[1])) return malformed("expected the name of an InferenceService in the path");
  Target target{Namespace(request.words[0]), ServiceName(request.words[1])};
  if (!may_act_on(request.principal.namespaces, target.ns)) return forbidden(foreign_namespace(target.ns));
  return target;
}

// What a client that is bound to namespaces asks for without a service; empty: it may.
std::string beyond_bounds(const Command& command) {
  if (command.target || command.namespaces.empty()) return {};
  if (command.ns) return may_act_on(command.namespaces, *command.ns) ? std::string() : foreign_namespace(*command.ns);
  return std::string("expected a client that is not bound to namespaces, for a ") + name_of(command.verb) + " of all";
}

Reply act(const std::string& body, Command command, const RouteContext& context) {
  const auto refuse = [&](int status, const char* reason, const std::string& message) {
    context.refused(reason);
    return refuse_with(status, reason, message);
  };
  if (const auto read = read_act(body, context.clock.now(), command); !read) {
    return refuse(400, "malformed", read.error());
  }
  if (const auto beyond = beyond_bounds(command); !beyond.empty()) return refuse(403, "forbidden", beyond);
  return reply_with(context.hooks.on_command(command));
}

}  // namespace

tl::expected<Call, Refusal> admit_list(const Admitted& request, const RouteContext& context) {
  const auto labels = parse_query(request.head.query, {"namespace"});
  if (!labels) return malformed(labels.error());
  std::vector<Namespace> namespaces = request.principal.namespaces;
  if (const auto found = labels->find("namespace"); found != labels->end()) {
    const Namespace ns(found->second);
    if (!may_act_on(namespaces, ns)) return forbidden(foreign_namespace(ns));
    namespaces = {ns};
  }
  return Call{0, [namespaces = std::move(namespaces), &context](const std::string&) {
                return reply_with(context.hooks.on_rollouts(namespaces));
              }};
}

tl::expected<Call, Refusal> admit_act(const Admitted& request, const RouteContext& context) {
  if (request.head.query) return malformed("expected no query");
  Command command;
  command.verb = request.route.verb.value();
  command.actor = request.principal.actor;
  command.peer = request.peer;
  command.namespaces = request.principal.namespaces;
  command.deadline = request.deadline;
  if (!request.words.empty()) {
    auto target = read_target(request);
    if (!target) return tl::unexpected(target.error());
    command.target = std::move(*target);
  }
  return Call{
      parse_content_length(*request.head.find("content-length")).value_or(0),
      [command = std::move(command), &context](const std::string& body) { return act(body, command, context); }};
}

}  // namespace canaryd::web
