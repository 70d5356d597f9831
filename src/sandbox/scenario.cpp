#include "scenario.hpp"

#include "fields.hpp"

namespace canaryd::sandbox {

namespace {

constexpr std::size_t most_services = 100000;

std::string parse_service(const Json& json, const std::string& path, ServiceScenario& service) {
  Fields fields(json, path);
  const auto ns = fields.label("namespace");
  const auto name = fields.label("name");
  if (!ns) fields.blame(fields.path_of("namespace"), "the service's namespace");
  if (!name) fields.blame(fields.path_of("name"), "the service's name");
  service.key = {ns.value_or(""), name.value_or("")};
  service.requests_per_second = fields.number("requests_per_second", 0, 1e9).value_or(100);
  service.tag_routing = fields.flag("tag_routing").value_or(false);
  service.standard = fields.flag("standard").value_or(false);
  if (const Json* components = fields.list("components")) {
    service.components.clear();
    for (const Json& component : *components) {
      if (component != "predictor" && component != "transformer" && component != "explainer") {
        fields.blame(fields.path_of("components"), "predictor, transformer or explainer");
        break;
      }
      service.components.push_back(component.get<std::string>());
    }
  }
  if (const Json* stable = fields.object("stable")) {
    Fields inner(*stable, fields.path_of("stable"));
    service.stable = inner.deployment({}).value_or(Deployment{});
    if (const std::string problem = inner.problem(); !problem.empty()) return problem;
  }
  if (const Json* canary = fields.object("canary")) {
    Fields inner(*canary, fields.path_of("canary"));
    service.canary_percent = inner.whole("percent", 0, 100).value_or(5);
    service.canary = inner.deployment({}).value_or(Deployment{});
    if (const std::string problem = inner.problem(); !problem.empty()) return problem;
  }
  return fields.problem();
}

std::string parse_document(const Json& json, Scenario& scenario) {
  Fields fields(json, "");
  if (const Json* services = fields.list("services")) {
    for (const Json& entry : *services) {
      const std::string path = "services[" + std::to_string(scenario.services.size()) + "]";
      const std::string problem = parse_service(entry, path, scenario.services.emplace_back());
      if (!problem.empty()) return problem;
    }
  }
  if (const Json* generated = fields.object("generated")) {
    Fields inner(*generated, "generated");
    scenario.generated =
        static_cast<std::size_t>(inner.whole("count", 0, static_cast<std::int64_t>(most_services)).value_or(0));
    scenario.generated_bytes = static_cast<std::size_t>(inner.whole("bytes", 2500, 1000000).value_or(7000));
    if (const std::string problem = inner.problem(); !problem.empty()) return problem;
  }
  return fields.problem();
}

Json component_spec(const Key& key, const std::string& component, const std::string& model) {
  const std::string uri = "gs://models/" + key.name + "/" + model;
  if (component == "predictor") {
    return {{"minReplicas", 1},
            {"model", {{"modelFormat", {{"name", "sklearn"}}}, {"protocolVersion", "v2"}, {"storageUri", uri}}}};
  }
  return {{"minReplicas", 1},
          {"containers", {{{"name", "kserve-container"}, {"image", "example.com/" + component + ":" + model}}}}};
}

Json service_object(const ServiceScenario& service) {
  Json annotations{{"serving.kserve.io/deploymentMode", service.standard ? "Standard" : "Knative"}};
  if (service.tag_routing) annotations["serving.kserve.io/enable-tag-routing"] = "true";
  Json object{{"apiVersion", "serving.kserve.io/v1beta1"},
              {"kind", "InferenceService"},
              {"metadata",
               {{"name", service.key.name}, {"namespace", service.key.ns}, {"annotations", std::move(annotations)}}},
              {"spec", Json::object()}};
  for (const std::string& component : service.components) {
    object["spec"][component] = component_spec(service.key, component, "v1");
  }
  return object;
}

const WriteOptions person{"kubectl", false, false, false};

void load_service(const ServiceScenario& service, Objects& objects, Controller& controller, ModelTraffic& traffic,
                  const Json& object) {
  traffic.set_rate(service.key, service.requests_per_second);
  for (const std::string& component : service.components) {
    controller.set_next(service.key, component, {{}, {}, service.stable});
  }
  const Resource& resource = resource_of(Kind::inference_service);
  (void)objects.create({&resource, service.key.ns, "", false}, dump(object), person);
  controller.reconcile_now(service.key);
  if (!service.canary_percent || service.standard) return;
  for (const std::string& component : service.components) {
    controller.set_next(service.key, component, {{}, {}, service.canary});
    (void)deploy(objects, service.key, {component, "v2", service.canary_percent});
  }
  controller.reconcile_now(service.key);
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// One is made as any service is; the others are its text with another name and uid.
void generate(const Scenario& scenario, Objects& objects, Controller& controller, ModelTraffic& traffic) {
  const Key first{"bench", "svc-00000"};
  const ServiceScenario service{first, 0, {"predictor"}, {}, 5, {}, false, false};
  Json object = service_object(service);
  Json& env = object["spec"]["predictor"]["model"]["env"];
  env = Json::array();
  constexpr std::size_t rest = 2300;  // bytes of such a service without env: spec, status, managedFields
  for (std::size_t i = 0; i * 60 + rest < scenario.generated_bytes; ++i) {
    env.push_back({{"name", "SETTING_" + std::to_string(1000 + i)}, {"value", std::string(24, 'x')}});
  }
  load_service(service, objects, controller, traffic, object);
  const auto made = objects.read(Kind::inference_service, first);
  if (!made) return;
  Json model = *made;
  const std::string uid = model["metadata"]["uid"].get<std::string>();
  model["metadata"]["resourceVersion"] = "%RV%";
  const std::string text = dump(model);
  for (std::size_t i = 1; i < scenario.generated; ++i) {
    std::string digits = std::to_string(100000 + i).substr(1);
    const Key key{first.ns, "svc-" + digits};
    std::string copy = text;
    replace_all(copy, first.name, key.name);
    replace_all(copy, uid, uid.substr(0, uid.size() - 5) + digits);
    objects.load(Kind::inference_service, key, std::move(copy));
    controller.adopt(first, key);
  }
}

}  // namespace

Scenario default_scenario() {
  Scenario scenario;
  scenario.services.emplace_back();
  scenario.services[0].key = {"ml", "iris"};
  scenario.services[0].canary_percent = 5;
  return scenario;
}

Result<Scenario> parse_scenario(std::string_view text, const std::string& file) {
  const auto json = parse_json(text);
  if (!json) return fail(Error::invalid(file + ": not JSON; docs/sandbox.md has an example"));
  Scenario scenario;
  const std::string problem = parse_document(*json, scenario);
  if (!problem.empty()) return fail(Error::invalid(file + ": " + problem));
  return scenario;
}

Outcome<std::string> deploy(Objects& objects, const Key& service, const NewModel& model) {
  Json fields = component_spec(service, model.component, model.model);
  if (!model.keep_percent) fields["canaryTrafficPercent"] = model.percent ? Json(*model.percent) : Json();
  const Json patch{{"spec", {{model.component, std::move(fields)}}}};
  WriteOptions writer;
  writer.manager = model.manager;
  return objects.patch({&resource_of(Kind::inference_service), service.ns, service.name, false},
                       "application/merge-patch+json", dump(patch), writer);
}

void load_scenario(const Scenario& scenario, Objects& objects, Controller& controller, ModelTraffic& traffic) {
  for (const ServiceScenario& service : scenario.services) {
    load_service(service, objects, controller, traffic, service_object(service));
  }
  if (scenario.generated > 0) generate(scenario, objects, controller, traffic);
  objects.forget_history();
}

}  // namespace canaryd::sandbox
