#include "doctor_command.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <iterator>
#include <ostream>
#include <utility>

#include "app/daemon/engine_settings.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/http/base_url.hpp"
#include "route_needs.hpp"

namespace canaryd::app {
namespace {

using doctor::Findings;
using doctor::Health;

constexpr const char* config_check = "config";

std::string check_duration(const std::string& text) {
  return parse_duration(text) ? std::string() : "expected a duration such as 30s or 2m, got " + escaped(text);
}

std::string check_url(const std::string& text) {
  const auto url = http::parse_base_url(text);
  return url ? std::string() : url.error().message;  // which does not show a password
}

// It goes into a header.
std::string check_user(const std::string& text) {
  const bool whole = std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; });
  return whole && !text.empty() ? std::string() : "expected a user's name, got \"" + escaped(text) + "\"";
}

Findings problems_of(const ConfigReading& reading) {
  Findings out;
  for (const auto& problem : reading.problems) {
    out.push_back({config_check, Health::fail, problem.str(), "docs/configuration.md says what each key may be"});
  }
  out.push_back({"chain", Health::unknown, "nothing else was looked at: all of it depends on the configuration",
                 "mend the configuration"});
  return out;
}

int exit_code_of(Health status) {
  if (status == Health::fail) return exit_fault;
  return status == Health::unknown ? exit_not_seen : exit_done;
}

}  // namespace

void DoctorCommand::add_to(CLI::App& app) {
  command_ =
      app.add_subcommand("doctor", "Looks at the whole chain, from Prometheus to a rollback, and changes nothing");
  command_->add_option("--config", config_file_, "The configuration of the canaryd that is looked at")
      ->required()
      ->type_name("FILE");
  add_ways();
  add_test();
  command_->add_option("--timeout", timeout_, "For everything but the test alert")
      ->type_name("DURATION")
      ->check(check_duration)
      ->capture_default_str();
  command_->add_option("--output", output_, "text or json")
      ->type_name("FORM")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->capture_default_str();
  command_->footer(
      "Example:\n  canaryd doctor --config /etc/canaryd/canaryd.yaml --alertmanager http://alertmanager:9093\n\n"
      "Exit codes: 0 all works (warnings allowed), 3 something does not (FAIL), 4 nothing fails and something could "
      "not "
      "be looked at (UNKNOWN), 2 wrong usage.");
}

void DoctorCommand::add_ways() {
  auto* const kubeconfig =
      command_
          ->add_option("--kubeconfig", cluster_.kubeconfig, "In place of the configuration's `cluster`: from a laptop")
          ->type_name("FILE");
  command_->add_option("--context", cluster_.context, "Its context; default: the current one")
      ->type_name("NAME")
      ->needs(kubeconfig);
  command_->add_option("--as", as_user_, "Whom to ask as: system:serviceaccount:NAMESPACE:NAME")
      ->type_name("USER")
      ->check(check_user);
  command_->add_option("--prometheus", prometheus_url_, "In place of the configuration's prometheus.url")
      ->type_name("URL")
      ->check(check_url);
  auto* const alertmanager = command_->add_option("--alertmanager", alertmanager_.url, "Alertmanager's address")
                                 ->type_name("URL")
                                 ->check(check_url);
  command_->add_option("--alertmanager-ca", alertmanager_.ca_file, "Its CA; default: the system's")
      ->type_name("FILE")
      ->needs(alertmanager);
  command_->add_option("--alertmanager-token-file", alertmanager_.token_file, "A bearer token for it")
      ->type_name("FILE")
      ->needs(alertmanager);
  command_->add_option("--receiver", receivers_, "A receiver that is canaryd's; default: by its URL or name")
      ->type_name("NAME")
      ->allow_extra_args(false);
  command_->add_option("--replicas", replicas_, "How many canaryds there are")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 1000).description(""));
  command_->add_option("--host", hosts_, "A name that canaryd's certificate must have, again for more")
      ->type_name("HOST")
      ->allow_extra_args(false);
}

void DoctorCommand::add_test() {
  auto* const test = command_->add_flag(
      "--send-test", send_test_, "Raises an alert about a service that does not exist, and waits for its record");
  command_->add_option("--wait", wait_, "For the test alert's record")
      ->type_name("DURATION")
      ->check(check_duration)
      ->capture_default_str()
      ->needs(test);
  auto* const server =
      command_
          ->add_option("--server", canaryd_.url, "canaryd's address, to read the record by; default: the audit folder")
          ->type_name("URL")
          ->check(check_url)
          ->needs(test);
  command_->add_option("--ca", canaryd_.ca_file, "The CA of canaryd's certificate")->type_name("FILE");
  command_->add_option("--token-file", canaryd_.token_file, "A bearer token of a client that may view")
      ->type_name("FILE")
      ->needs(server);
}

int DoctorCommand::run(std::ostream& out, std::ostream& err) const {
  if (send_test_ && alertmanager_.url.empty()) {
    err << "canaryd: --send-test: expected --alertmanager URL with it\n";
    return exit_usage;
  }
  const Findings found = findings(err);
  out << (output_ == "json" ? as_json(found) : as_text(found));
  return exit_code_of(doctor::worst(found));
}

Findings DoctorCommand::findings(std::ostream& err) const {
  const auto text = read_file(config_file_);
  if (!text) {
    return {
        {config_check, Health::fail, escaped(text.error().message, 1024), "give the configuration's path: --config"}};
  }
  const ConfigReading reading = read_config(*text, config_file_);
  if (!reading.problems.empty()) return problems_of(reading);
  Findings out{{config_check, Health::ok, escaped(config_file_, 300) + " has no problems", {}}};
  // The findings come all at the end, in the order of the chain.
  const auto tell = [&err](const std::string& part) { err << "canaryd: looks at " << part << "\n" << std::flush; };
  Findings more = doctor::examine(settings(reading.config), SystemClock(), tell);
  out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  return out;
}

doctor::Settings DoctorCommand::settings(const Config& config) const {
  doctor::Settings out;
  const auto& tls = config.server.tls;
  out.files = {cluster_.kubeconfig.empty(), tls.certificate,  tls.key, tls.client_ca, {},
               config.audit.log.directory,  canaryd_.ca_file, hosts_};
  for (const auto& each : config.server.tokens) out.files.tokens.push_back(each.file);
  out.cluster = config.cluster;
  if (!cluster_.kubeconfig.empty()) {
    out.cluster = cluster_;
    out.cluster.access = kube::Access::kubeconfig;
    out.cluster.namespaces = config.cluster.namespaces;
    out.own_credentials = false;
  }
  if (!as_user_.empty()) out.own_credentials = false;
  out.as_user = as_user_;
  out.own_namespace = config.state.ns;
  out.instance = config.instance;
  out.state_namespace = state_namespace(config.state, service_account_folder);
  out.own_maps = {config.state.name};
  if (!config.audit.witness.empty()) out.own_maps.push_back(config.audit.witness);
  out.policies = config.policies;
  RouteNeeds needs = route_needs(config);
  out.mappings = std::move(needs.mappings);
  out.takes_tokens = needs.tokens;
  out.wants_certificate = needs.client_ca;
  const auto& asked = config.prometheus;
  // The configuration says itself whether its token may go over plain http; an address given here is another one.
  out.prometheus = {asked.url, asked.ca_file, asked.token_file, asked.client_certificate, asked.client_key, true};
  if (!prometheus_url_.empty()) out.prometheus = {prometheus_url_, asked.ca_file, {}, {}, {}, false};
  out.alertmanager = alertmanager_;
  out.receivers = receivers_;
  out.replicas = replicas_;
  out.send_test = send_test_;
  out.canaryd = canaryd_;
  out.test_wait = parse_duration(wait_).value_or(out.test_wait);
  out.total = parse_duration(timeout_).value_or(out.total);
  return out;
}

}  // namespace canaryd::app
