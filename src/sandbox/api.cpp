#include "api.hpp"

#include "canaryd/base/number.hpp"

namespace canaryd::sandbox {

namespace {

std::string query_of(const Request& request, const char* name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? std::string() : found->second;
}

Response answer(const Outcome<std::string>& outcome, int success = 200) {
  if (!outcome) return {outcome.error().code, "application/json", outcome.error().body()};
  return {success, "application/json", *outcome};
}

Response answer(const Failure& failure) { return {failure.code, "application/json", failure.body()}; }

WriteOptions write_options(const Request& request) {
  WriteOptions options;
  options.manager = query_of(request, "fieldManager");
  if (options.manager.empty()) options.manager = request.user_agent.substr(0, request.user_agent.find('/'));
  if (options.manager.empty()) options.manager = "unknown";
  options.dry_run = query_of(request, "dryRun") == "All";
  options.strict = query_of(request, "fieldValidation") == "Strict";
  return options;
}

// A selector that is not understood would silently select too much.
Outcome<FieldSelector> selector_of(const Request& request, const ApiPath& path) {
  if (!query_of(request, "labelSelector").empty()) {
    return refuse(Failure::bad_request("the sandbox does not select by labels"));
  }
  return FieldSelector::parse(path.resource->kind, query_of(request, "fieldSelector"));
}

bool asks_for_watch(const Request& request) {
  const std::string asked = query_of(request, "watch");
  return asked == "1" || asked == "true";
}

Outcome<ListOptions> list_options(const Request& request, const ApiPath& path) {
  ListOptions options;
  const std::string limit = query_of(request, "limit");
  if (!limit.empty()) {
    const auto number = number_from<decltype(options.limit)>(limit);
    if (!number) return refuse(Failure::bad_request("limit: expected a whole number"));
    options.limit = *number;
  }
  options.continue_token = query_of(request, "continue");
  auto selector = selector_of(request, path);
  if (!selector) return refuse(selector.error());
  options.selector = std::move(*selector);
  return options;
}

constexpr const char* version_body =
    R"({"major":"1","minor":"35","gitVersion":"v1.35.4-canaryd-sandbox","platform":"linux/amd64"})";

constexpr const char* resources_body =
    R"({"kind":"APIResourceList","apiVersion":"v1","groupVersion":"serving.kserve.io/v1beta1","resources":[)"
    R"({"name":"inferenceservices","singularName":"inferenceservice","namespaced":true,"kind":"InferenceService",)"
    R"("verbs":["create","delete","get","list","patch","update","watch"]}]})";

constexpr const char* access_review_path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
constexpr const char* access_review_body =
    R"({"kind":"SelfSubjectAccessReview","apiVersion":"authorization.k8s.io/v1",)"
    R"("status":{"allowed":true,"reason":"the sandbox lets everybody do everything"}})";

}  // namespace

Response Api::handle(const Request& request) {
  if (const auto path = parse_api_path(request.path)) return resource(request, *path);
  if (request.path == "/sandbox/v1/targets") return targets(request);
  if (request.path.starts_with("/sandbox/v1/")) return control(request);
  if (request.path.starts_with("/pods/")) return pod_metrics(request);
  if (request.method == "POST" && request.path == access_review_path) {
    return {201, "application/json", access_review_body};
  }
  if (request.method != "GET") return {404, "text/plain", "404 page not found\n"};
  if (request.path == "/readyz" || request.path == "/livez" || request.path == "/healthz") {
    return {200, "text/plain", "ok"};
  }
  if (request.path == "/version") return {200, "application/json", version_body};
  if (request.path == "/apis/serving.kserve.io/v1beta1") return {200, "application/json", resources_body};
  return {404, "text/plain", "404 page not found\n"};
}

Response Api::resource(const Request& request, const ApiPath& path) {
  const WriteOptions options = write_options(request);
  if (path.resource->kind == Kind::event) objects_.expire_events();
  if (path.name.empty()) {
    if (request.method == "GET") {
      const auto list = list_options(request, path);
      if (list && asks_for_watch(request)) {
        return answer(Failure::bad_request("the sandbox watches by metadata.name=NAME only"));
      }
      return list ? answer(objects_.list(path, *list)) : answer(list.error());
    }
    if (request.method == "POST" && !path.ns.empty()) return answer(objects_.create(path, request.body, options), 201);
    return answer(Failure::method_not_allowed());
  }
  if (request.method == "GET") return answer(objects_.get(path));
  if (request.method == "PATCH") return answer(objects_.patch(path, request.content_type, request.body, options));
  if (request.method == "PUT") return answer(objects_.replace(path, request.body, options));
  if (request.method == "DELETE" && !path.status) return answer(objects_.remove(path, options));
  return answer(Failure::method_not_allowed());
}

std::optional<WatchStream> Api::watch(const Request& request) const {
  if (request.method != "GET" || !asks_for_watch(request)) return std::nullopt;
  auto path = parse_api_path(request.path);
  if (!path || path->status) return std::nullopt;
  if (path->name.empty()) {
    const auto selector = selector_of(request, *path);
    if (!selector || (!selector->empty() && !selector->only_name())) return std::nullopt;
    path->name = selector->only_name().value_or("");
  }
  return WatchStream(objects_, clock_, *path, request.query);
}

}  // namespace canaryd::sandbox
