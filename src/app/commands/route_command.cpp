#include "route_command.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <ostream>
#include <utility>

#include "app/config/config_url.hpp"
#include "app/config/shipped_alerts.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/app/config.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/rules/route_check.hpp"
#include "canaryd/rules/route_print.hpp"
#include "failed.hpp"
#include "route_needs.hpp"

namespace canaryd::app {
namespace {

Result<RouteNeeds> needs_of(const std::string& config_file) {
  if (config_file.empty()) return RouteNeeds{};
  const auto text = read_file(config_file);
  if (!text) return fail(text.error());
  const ConfigReading reading = read_config(*text, config_file);
  if (!reading.problems.empty()) {
    return fail(Error::invalid(reading.problems.front().str() + " (canaryd check-config says everything)"));
  }
  return route_needs(reading.config);
}

void add_config(CLI::App& command, std::string& file) {
  command.add_option("--config", file, "canaryd's configuration; default: one without `alerts`, for the shipped rules")
      ->type_name("FILE");
}

}  // namespace

void RouteCommand::add_to(CLI::App& app) {
  auto* const route = app.add_subcommand("route", "The way of the alerts through Alertmanager");
  route->require_subcommand(1);
  route->footer("Example:\n  canaryd route check alertmanager.yml");
  add_print(*route);
  add_check(*route);
}

void RouteCommand::add_print(CLI::App& route) {
  print_ = route.add_subcommand("print", "Prints Alertmanager's routes and receiver for a configuration of canaryd");
  add_config(*print_, config_file_);
  print_->add_option("--url", urls_, "The webhook of a replica; once for each")
      ->type_name("URL")
      ->allow_extra_args(false)
      ->default_str(std::string(rules::default_webhook_url));
  print_->add_option("--alertmanager-version", version_, "What it is for; 0.25 is read by every later one too")
      ->type_name("VERSION")
      ->capture_default_str();
  print_->footer("Example:\n  canaryd route print --config canaryd.yaml --alertmanager-version 0.28");
}

void RouteCommand::add_check(CLI::App& route) {
  check_ =
      route.add_subcommand("check", "Says what in Alertmanager's configuration keeps an alert from canaryd, or late");
  check_->add_option("FILE", alertmanager_file_, "Alertmanager's configuration")->required()->type_name("");
  add_config(*check_, config_file_);
  check_
      ->add_option("--receiver", receivers_, "A receiver that is canaryd's; default: those whose webhook has its path")
      ->type_name("NAME")
      ->allow_extra_args(false);
  check_->add_option("--alert", alerts_, "One more alert to follow, with all its labels")
      ->type_name("NAME{LABEL=\"VALUE\",...}")
      ->allow_extra_args(false);
  check_->add_option("--label", labels_, "A label that Prometheus adds to every alert (external_labels)")
      ->type_name("LABEL=VALUE")
      ->allow_extra_args(false);
  check_->add_option("--replicas", replicas_, "How many canaryds there are")
      ->type_name("NUMBER")
      ->check(CLI::Range(1, 1000).description(""));
  check_->add_option("--output", output_, "text or json")
      ->type_name("FORM")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->capture_default_str();
  check_->footer(
      "Example:\n  canaryd route check alertmanager.yml --config canaryd.yaml\n\n"
      "Exit codes: 0 every alert arrives (warnings allowed), 1 one does not, or the file cannot be read, 2 wrong "
      "usage.");
}

bool RouteCommand::given() const { return *print_ || *check_; }

int RouteCommand::run(std::ostream& out, std::ostream& err) const {
  return *print_ ? print(out, err) : check(out, err);
}

int RouteCommand::print(std::ostream& out, std::ostream& err) const {
  rules::RoutePrint settings;
  const auto version = rules::parse_alertmanager_version(version_);
  if (!version) return failed(version.error(), err, exit_usage);
  settings.version = *version;
  settings.urls = urls_;
  if (urls_.empty()) settings.urls.emplace_back(rules::default_webhook_url);
  for (const auto& url : urls_) {
    if (url.starts_with("https://") && url.size() > 8 && is_utf8(url) && escaped(url, url.size()) == url) continue;
    const std::string got = may_hold_user(url) ? "a text that may hold a password" : "\"" + url + "\"";
    return failed(Error::invalid("--url: expected https://HOST:PORT/webhooks/alertmanager, got " + got), err,
                  exit_usage);
  }
  auto needs = needs_of(config_file_);
  if (!needs) return failed(needs.error(), err);
  settings.mappings = std::move(needs->mappings);
  settings.token = needs->tokens;
  settings.certificate = needs->client_ca;
  out << rules::route_text(settings);
  return exit_done;
}

int RouteCommand::check(std::ostream& out, std::ostream& err) const {
  rules::RouteCheck settings;
  for (const auto& text : alerts_) {
    auto labels = rules::parse_alert(text);
    if (!labels) return failed(Error::invalid("--alert: " + labels.error().message), err, exit_usage);
    settings.more_alerts.push_back(std::move(*labels));
  }
  for (const auto& text : labels_) {
    auto labels = rules::parse_alert("{" + text + "}");
    if (!labels) return failed(Error::invalid("--label: " + labels.error().message), err, exit_usage);
    settings.external_labels.merge(*labels);
  }
  auto needs = needs_of(config_file_);
  if (!needs) return failed(needs.error(), err);
  const auto text = read_file(alertmanager_file_);
  if (!text) return failed(text.error(), err);
  settings.mappings = std::move(needs->mappings);
  settings.namespaces = std::move(needs->namespaces);
  settings.takes_tokens = needs->tokens;
  settings.wants_certificate = needs->client_ca;
  settings.receivers = receivers_;
  settings.replicas = replicas_;
  const auto report = rules::check_route(*text, settings);
  out << (output_ == "json" ? rules::as_json(report, alertmanager_file_) : rules::as_text(report, alertmanager_file_));
  return report.something_does_not_arrive() ? exit_failed : exit_done;
}

}  // namespace canaryd::app
