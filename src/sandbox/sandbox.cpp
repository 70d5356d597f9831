#include "canaryd/sandbox/sandbox.hpp"

#include <ostream>

#include "address.hpp"
#include "api.hpp"
#include "canaryd/base/file.hpp"
#include "http_server.hpp"
#include "scenario.hpp"

namespace canaryd::sandbox {

namespace {

Result<Scenario> scenario_of(const Options& options) {
  Scenario scenario = default_scenario();
  if (!options.scenario_file.empty()) {
    const auto text = read_file(options.scenario_file);
    if (!text) return fail(text.error());
    auto parsed = parse_scenario(*text, options.scenario_file);
    if (!parsed) return parsed;
    scenario = std::move(*parsed);
  }
  if (options.services > 0) scenario.generated = static_cast<std::size_t>(options.services);
  return scenario;
}

}  // namespace

Status run(const Options& options, const std::atomic<bool>& stop, std::ostream& out) {
  const auto address = parse_loopback(options.listen);
  if (!address) return fail(address.error());
  const auto scenario = scenario_of(options);
  if (!scenario) return fail(scenario.error());

  const SystemClock clock;
  Objects objects(clock);
  ModelTraffic traffic(clock);
  Controller controller(objects, traffic, clock, options.reconcile_delay);
  load_scenario(*scenario, objects, controller, traffic);
  objects.on_service_write([&](const Key& service) { controller.enqueue(service); });
  controller.start();

  Api api(objects, controller, traffic, clock);
  auto served = serve(api, *address, stop, [&](int port) {
    out << "sandbox: listening on http://" << address->url_host() << ":" << port << "\n" << std::flush;
  });
  controller.stop();
  return served;
}

}  // namespace canaryd::sandbox
