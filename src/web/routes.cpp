#include "routes.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "api_answer.hpp"
#include "api_audit.hpp"
#include "api_route.hpp"
#include "framing.hpp"
#include "webhook_route.hpp"

namespace canaryd::web {

namespace {

// Alertmanager's own time-out is 10 s; a person is not asked to wait longer.
constexpr std::chrono::seconds answer_within{8};

constexpr unsigned bit(Role role) { return 1U << static_cast<unsigned>(role); }
constexpr unsigned alert_only = bit(Role::alert);
constexpr unsigned view_or_operate = bit(Role::view) | bit(Role::operate);
constexpr unsigned operate_only = bit(Role::operate);
constexpr std::string_view json = "application/json";
constexpr std::string_view no_body;
constexpr bool api = true;

using engine::Verb;

constexpr std::array table{
    Route{"/webhooks/alertmanager", "POST", alert_only, json, !api, admit_notification},
    Route{"/api/v1/audit", "GET", view_or_operate, no_body, api, admit_audit},
    Route{"/api/v1/rollouts", "GET", view_or_operate, no_body, api, admit_list},
    Route{"/api/v1/rollouts/*/*/rollback", "POST", operate_only, json, api, admit_act, Verb::rollback},
    Route{"/api/v1/rollouts/*/*/advance", "POST", operate_only, json, api, admit_act, Verb::advance},
    Route{"/api/v1/rollouts/*/*/promote", "POST", operate_only, json, api, admit_act, Verb::promote},
    Route{"/api/v1/rollouts/*/*/hold", "POST", operate_only, json, api, admit_act, Verb::hold},
    Route{"/api/v1/rollouts/*/*/release", "POST", operate_only, json, api, admit_act, Verb::release},
    Route{"/api/v1/hold", "POST", operate_only, json, api, admit_act, Verb::hold},
    Route{"/api/v1/release", "POST", operate_only, json, api, admit_act, Verb::release},
    Route{"/api/v1/stop", "POST", operate_only, json, api, admit_act, Verb::stop},
    Route{"/api/v1/start", "POST", operate_only, json, api, admit_act, Verb::start},
};

std::string_view take_segment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/', 1));
  path.remove_prefix(segment.size());
  return segment;
}

// What stands in place of each *; nullopt when the path is another.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
  std::vector<std::string> words;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (wanted == "/*") {
      words.emplace_back(given.substr(1));
    } else if (wanted != given) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return words;
}

std::optional<Refusal> refuse_method(const Route& route, const Head& head) {
  const bool get = route.method == "GET";
  if (head.method == route.method || (get && head.method == "HEAD")) return std::nullopt;
  return get ? Refusal{405, "method_not_allowed", "expected GET or HEAD", {{"Allow", "GET, HEAD"}}}
             : Refusal{405, "method_not_allowed", "expected POST", {{"Allow", "POST"}}};
}

std::optional<Refusal> refuse_role(const Route& route, Role role) {
  if ((route.roles & bit(role)) != 0) return std::nullopt;
  std::string roles;
  for (const Role each : {Role::alert, Role::view, Role::operate}) {
    if ((route.roles & bit(each)) != 0) roles += (roles.empty() ? "" : " or ") + std::string(name_of(each));
  }
  return Refusal{403, "forbidden", "expected a client of role " + roles, {}};
}

// A browser names the page that makes it send a POST, and sends its certificate along unasked: no page is a client of
// this API.
std::optional<Refusal> refuse_origin(const Route& route, const Head& head) {
  if (!route.api || head.method != "POST" || head.find("origin") == nullptr) return std::nullopt;
  return Refusal{403, "foreign_origin", "expected a request without an Origin", {}};
}

std::optional<Refusal> refuse_content(const Route& route, const Head& head) {
  if (auto refusal = refuse_framing(head)) return refusal;
  return route.media_type == json ? refuse_all_but_json(head) : refuse_body(head);
}

tl::expected<Call, Refusal> judge_route(const Route& route, std::vector<std::string> words, const Head& head,
                                        SteadyTime began, const ClientConnection& client, const RouteContext& context) {
  if (auto refusal = refuse_method(route, head)) return tl::unexpected(*refusal);
  auto principal =
      client.trusted ? context.authenticator.identify(head.find("authorization"), client.sans) : std::nullopt;
  if (!principal) {
    return tl::unexpected(
        Refusal{401, "unauthenticated", "expected a listed client", {{"WWW-Authenticate", "Bearer"}}});
  }
  if (auto refusal = refuse_role(route, principal->role)) return tl::unexpected(*refusal);
  if (auto refusal = refuse_origin(route, head)) return tl::unexpected(*refusal);
  if (auto refusal = refuse_content(route, head)) return tl::unexpected(*refusal);
  return route.admit({route, head, std::move(words), std::move(*principal), client.peer, began + answer_within},
                     context);
}

}  // namespace

std::span<const Route> routes() { return table; }

tl::expected<Call, Refusal> judge_request(const Head& head, SteadyTime began, const ClientConnection& client,
                                          const RouteContext& context) {
  for (const Route& route : table) {
    auto words = match(route.path, head.path);
    if (!words) continue;
    auto call = judge_route(route, std::move(*words), head, began, client, context);
    if (!call && route.api) return tl::unexpected(as_json(std::move(call.error())));
    return call;
  }
  return tl::unexpected(Refusal{404, "not_found", "no such path", {}});
}

}  // namespace canaryd::web
