#include "api.hpp"
#include "fields.hpp"
#include "scenario.hpp"

namespace canaryd::sandbox {

namespace {

Response refusal(int status, const std::string& message) {
  return {status, "application/json", dump({{"error", message}})};
}

// "NS/NAME"
std::optional<Key> key_of(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == text.size()) return std::nullopt;
  return Key{text.substr(0, slash), text.substr(slash + 1)};
}

std::chrono::milliseconds milliseconds_of(double seconds) {
  return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

Json json_of(const Behaviour& behaviour) {
  return {{"error_ratio", behaviour.error_ratio},
          {"latency_seconds", behaviour.latency_seconds},
          {"confidence", behaviour.confidence},
          {"dead", behaviour.dead}};
}

}  // namespace

Response Api::control(const Request& request) {
  const std::string path = request.path.substr(std::string("/sandbox/v1/").size());
  const std::string revisions = "revisions/";
  const std::string pods = "pods/";
  const std::string services = "services/";
  if (path.starts_with(revisions)) {
    const auto key = key_of(path.substr(revisions.size()));
    if (key) return control_revision(request, *key);
  }
  if (path.starts_with(pods)) {
    const auto key = key_of(path.substr(pods.size()));
    if (key) return control_pod(request, *key);
  }
  if (path.starts_with(services)) {
    const auto key = key_of(path.substr(services.size()));
    if (key) return control_service(request, *key);
  }
  if (request.method != "POST") return refusal(405, "expected POST");
  if (path == "apply") return control_apply(request);
  if (path == "reconcile") return control_reconcile(request);
  if (path == "compact") {
    objects_.forget_history();
    return {200, "application/json", "{}"};
  }
  return refusal(404, "no such control; docs/sandbox.md lists them");
}

Response Api::control_revision(const Request& request, const Key& revision) {
  const auto known = controller_.health(revision);
  if (!known) return refusal(404, "no revision " + revision.ns + "/" + revision.name);
  if (request.method == "POST") {
    const auto json = parse_json(request.body);
    if (!json) return refusal(400, "expected a JSON object");
    Fields fields(*json, "");
    const auto deployment = fields.deployment(traffic_.deployment(revision));
    const auto health = fields.health();
    if (const std::string problem = fields.problem(); !problem.empty()) return refusal(400, problem);
    if (deployment) traffic_.set_deployment(revision, *deployment);
    if (health) controller_.set_health(revision, *health);
  } else if (request.method != "GET") {
    return refusal(405, "expected GET or POST");
  }
  const Deployment deployment = traffic_.deployment(revision);
  Json answer = json_of(deployment.behaviour);
  answer["pods"] = deployment.pods;
  const Health health = controller_.health(revision).value_or(*known);
  answer["ready"] = health.ready == Truth::unknown ? Json("unknown") : Json(health.ready == Truth::yes);
  if (health.ready != Truth::yes) {
    answer["reason"] = health.reason;
    answer["message"] = health.message;
  }
  return {200, "application/json", dump(answer)};
}

Response Api::control_pod(const Request& request, const Key& pod) {
  auto behaviour = traffic_.behaviour(pod);
  if (!behaviour) return refusal(404, "no pod " + pod.ns + "/" + pod.name);
  if (request.method == "POST") {
    const auto json = parse_json(request.body);
    if (!json) return refusal(400, "expected a JSON object");
    Fields fields(*json, "");
    behaviour = fields.behaviour(*behaviour).value_or(*behaviour);
    if (const std::string problem = fields.problem(); !problem.empty()) return refusal(400, problem);
    if (!traffic_.set_behaviour(pod, *behaviour)) return refusal(404, "no pod " + pod.ns + "/" + pod.name);
  } else if (request.method != "GET") {
    return refusal(405, "expected GET or POST");
  }
  return {200, "application/json", dump(json_of(*behaviour))};
}

Response Api::control_service(const Request& request, const Key& service) {
  if (request.method != "POST") return refusal(405, "expected POST");
  const auto json = parse_json(request.body);
  if (!json) return refusal(400, "expected a JSON object");
  Fields fields(*json, "");
  const auto rate = fields.number("requests_per_second", 0, 1e9);
  if (const std::string problem = fields.problem(); !problem.empty()) return refusal(400, problem);
  if (!objects_.read(Kind::inference_service, service)) {
    return refusal(404, "no service " + service.ns + "/" + service.name);
  }
  if (rate) {
    traffic_.set_rate(service, *rate);
    controller_.enqueue(service);  // a service without a rate so far has no split there
  }
  return {200, "application/json", "{}"};
}

Response Api::control_apply(const Request& request) {
  const auto json = parse_json(request.body);
  if (!json) return refusal(400, "expected a JSON object");
  Fields fields(*json, "");
  const auto ns = fields.label("namespace");
  const auto name = fields.label("name");
  const auto model = fields.text("model");
  const auto component = fields.text("component").value_or("predictor");
  const auto percent = fields.whole("percent", 0, 100);
  const auto keep = fields.flag("keep_percent").value_or(false);
  const auto manager = fields.text("manager").value_or("kubectl");
  const auto health = fields.health();
  const auto after = fields.number("ready_after_seconds", 0, 3600);
  const auto deployment = fields.deployment({});
  if (!ns) fields.blame("namespace", "the service's namespace");
  if (!name) fields.blame("name", "the service's name");
  if (!model) fields.blame("model", "the new model's version, such as v3");
  if (keep && percent) fields.blame("keep_percent", "no percent beside it");
  if (component != "predictor" && component != "transformer" && component != "explainer") {
    fields.blame("component", "predictor, transformer or explainer");
  }
  if (const std::string problem = fields.problem(); !problem.empty()) return refusal(400, problem);
  const Key service{*ns, *name};
  NextRevision next{health.value_or(health_of(after ? Truth::unknown : Truth::yes)), {}, deployment};
  if (after) next.ready_after = milliseconds_of(*after);
  controller_.set_next(service, component, next);
  const auto outcome = deploy(objects_, service, {component, *model, percent, keep, manager});
  if (!outcome) return {outcome.error().code, "application/json", outcome.error().body()};
  return {200, "application/json", *outcome};
}

Response Api::control_reconcile(const Request& request) {
  const auto json = parse_json(request.body);
  if (!json) return refusal(400, "expected a JSON object");
  Fields fields(*json, "");
  const auto paused = fields.flag("paused");
  const auto delay = fields.number("delay_seconds", 0, 3600);
  const auto ingress_delay = fields.number("ingress_delay_seconds", 0, 3600);
  if (const std::string problem = fields.problem(); !problem.empty()) return refusal(400, problem);
  if (delay) controller_.set_delay(milliseconds_of(*delay));
  if (ingress_delay) controller_.set_ingress_delay(milliseconds_of(*ingress_delay));
  if (paused) controller_.set_paused(*paused);
  return {200, "application/json", "{}"};
}

}  // namespace canaryd::sandbox
