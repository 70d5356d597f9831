#include "rest_api.hpp"

#include <random>

#include "answer.hpp"

namespace canaryd::kube {
namespace {

using std::chrono::seconds;

// An InferenceService is at most 1.5 MiB (etcd's limit); a page of 50 is far below the client's own limit.
constexpr std::size_t max_object_bytes = 8u << 20;
// kube-apiserver sends a bookmark about once a minute: silence beyond that is a dead connection.
constexpr auto watch_silence = seconds(75);

std::string inferenceservices(const Namespace& ns) {
  const std::string scope = ns.empty() ? "" : "/namespaces/" + url_encoded(ns.str());
  return "/apis/serving.kserve.io/v1beta1" + scope + "/inferenceservices";
}

std::string path_of(const Target& target) {
  return inferenceservices(target.ns) + "/" + url_encoded(target.name.str());
}

std::string core_path(const Namespace& ns, const char* plural) {
  return "/api/v1/namespaces/" + url_encoded(ns.str()) + "/" + plural;
}

std::string written_by(const ObjectWrite& write) {
  return "?timeout=5s&fieldManager=" + url_encoded(write.field_manager) + "&fieldValidation=Strict";
}

// An empty name or ".." would make the path another resource's.
Status check_names(const std::string& ns, const std::string& name) {
  for (const auto* text : {&ns, &name}) {
    if (!is_dns_subdomain(*text)) {
      return fail(Error::invalid("expected a namespace and a name of Kubernetes, got \"" + *text + "\""));
    }
  }
  return {};
}

http::Request get_of(std::string path, SteadyTime deadline) {
  http::Request request;
  request.path = std::move(path);
  request.headers = {{"Accept", "application/json"}};
  request.deadline = deadline;
  return request;
}

// Watches that began together (a restart of the server) shall not end together.
int watch_seconds() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_int_distribution<int>(270, 310)(random);
}

}  // namespace

void RestApi::authorise(http::Request& request) {
  const std::string token = token_.value();
  if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
  if (!as_user_.empty()) request.headers.emplace_back("Impersonate-User", as_user_);
}

Result<std::string> RestApi::read(http::Request request) {
  const auto bare_headers = request.headers;
  for (bool again = false;; again = true) {
    authorise(request);
    auto response = client_.send(request);
    if (!response) return fail(without_answer(response.error(), Asked::read));
    // A token that was rotated between our look at the file and the server's check.
    const bool refreshed = response->status == 401 && token_.refresh();
    if (!refreshed || again) return body_of(std::move(*response), Asked::read);
    request.headers = bare_headers;
  }
}

Result<std::string> RestApi::get(const std::string& path, SteadyTime deadline) {
  auto request = get_of(path, deadline);
  request.max_body = max_object_bytes;
  return read(std::move(request));
}

Result<std::string> RestApi::review(const std::string& path, const std::string& body, SteadyTime deadline) {
  auto request = get_of(path, deadline);
  request.method = http::Method::post;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = body;
  auto answer = send_write(std::move(request), Asked::create);
  if (!answer && answer.error().kind == ErrorKind::outcome_unknown) answer.error().kind = ErrorKind::unavailable;
  return answer;
}

Result<std::string> RestApi::get_inferenceservice(const Target& target, SteadyTime deadline) {
  if (auto named = check_names(target.ns.str(), target.name.str()); !named) return fail(named.error());
  auto request = get_of(path_of(target), deadline);
  request.max_body = max_object_bytes;
  return read(std::move(request));
}

Result<std::string> RestApi::get_revision(const Namespace& ns, const Revision& name, SteadyTime deadline) {
  if (auto named = check_names(ns.str(), name.str()); !named) return fail(named.error());
  auto request = get_of(
      "/apis/serving.knative.dev/v1/namespaces/" + url_encoded(ns.str()) + "/revisions/" + url_encoded(name.str()),
      deadline);
  request.max_body = max_object_bytes;
  return read(std::move(request));
}

Result<std::string> RestApi::patch_inferenceservice(const PatchRequest& patch) {
  if (auto named = check_names(patch.target.ns.str(), patch.target.name.str()); !named) return fail(named.error());
  const Asked asked = patch.dry_run ? Asked::dry_run : Asked::write;
  auto request = get_of(path_of(patch.target) + "?timeout=5s&fieldManager=" + url_encoded(patch.field_manager) +
                            "&fieldValidation=Strict" + (patch.dry_run ? "&dryRun=All" : ""),
                        patch.deadline);
  request.method = http::Method::patch;
  request.headers.emplace_back("Content-Type", "application/json-patch+json");
  request.body = patch.body;
  return send_write(std::move(request), asked);
}

Result<std::string> RestApi::send_write(http::Request request, Asked asked) {
  request.max_body = max_object_bytes;
  authorise(request);
  auto response = client_.send(request);
  if (!response) return fail(without_answer(response.error(), asked));
  // Not sent again: the caller's retry comes with the new token.
  if (response->status == 401) token_.refresh();
  return body_of(std::move(*response), asked);
}

Result<std::string> RestApi::get_config_map(const Namespace& ns, const std::string& name, SteadyTime deadline) {
  if (auto named = check_names(ns.str(), name); !named) return fail(named.error());
  auto request = get_of(core_path(ns, "configmaps") + "/" + url_encoded(name), deadline);
  request.max_body = max_object_bytes;
  return read(std::move(request));
}

Result<std::string> RestApi::create(const char* plural, const ObjectWrite& write) {
  if (auto named = check_names(write.ns.str(), "any"); !named) return fail(named.error());
  auto request = get_of(core_path(write.ns, plural) + written_by(write), write.deadline);
  request.method = http::Method::post;
  request.headers.emplace_back("Content-Type", "application/json");
  request.body = write.body;
  return send_write(std::move(request), Asked::create);
}

Result<std::string> RestApi::patch(const char* plural, const ObjectWrite& write) {
  if (auto named = check_names(write.ns.str(), write.name); !named) return fail(named.error());
  auto request =
      get_of(core_path(write.ns, plural) + "/" + url_encoded(write.name) + written_by(write), write.deadline);
  request.method = http::Method::patch;
  request.headers.emplace_back("Content-Type", "application/json-patch+json");
  request.body = write.body;
  return send_write(std::move(request), Asked::write);
}

Result<std::string> RestApi::create_config_map(const ObjectWrite& write) { return create("configmaps", write); }
Result<std::string> RestApi::patch_config_map(const ObjectWrite& write) { return patch("configmaps", write); }
Result<std::string> RestApi::create_event(const ObjectWrite& write) { return create("events", write); }
Result<std::string> RestApi::patch_event(const ObjectWrite& write) { return patch("events", write); }

Result<std::string> RestApi::list_inferenceservices(const Namespace& ns, const std::string& continue_token,
                                                    SteadyTime deadline) {
  return list(ns, continue_token, deadline, nullptr);
}

Result<std::string> RestApi::list_until_stopped(const Namespace& ns, const std::string& continue_token,
                                                SteadyTime deadline, const std::atomic<bool>& stop) {
  return list(ns, continue_token, deadline, &stop);
}

Result<std::string> RestApi::list(const Namespace& ns, const std::string& continue_token, SteadyTime deadline,
                                  const std::atomic<bool>* stop) {
  std::string path = inferenceservices(ns) + "?limit=50";
  if (!continue_token.empty()) path += "&continue=" + url_encoded(continue_token);
  auto request = get_of(std::move(path), deadline);
  request.stop = stop;
  return read(std::move(request));
}

Status RestApi::watch_inferenceservices(const Namespace& ns, const std::string& resource_version,
                                        const std::atomic<bool>& stop,
                                        const std::function<bool(std::string_view)>& on_line) {
  const int limit = watch_seconds();
  auto request = get_of(inferenceservices(ns) + "?watch=1&allowWatchBookmarks=true&resourceVersion=" +
                            url_encoded(resource_version) + "&timeoutSeconds=" + std::to_string(limit),
                        std::chrono::steady_clock::now() + seconds(limit + 30));
  request.max_body = 64u << 10;  // of an answer that is not a stream
  authorise(request);
  auto response = client_.stream(request, watch_silence, stop, on_line, 16u << 20, [&on_line] { on_line({}); });
  if (!response) return fail(without_answer(response.error(), Asked::read));
  if (response->status == 401) token_.refresh();
  auto body = body_of(std::move(*response), Asked::read);
  if (!body) return fail(body.error());
  return {};
}

}  // namespace canaryd::kube
