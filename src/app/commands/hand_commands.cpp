#include "hand_commands.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <algorithm>
#include <ostream>

#include "canaryd/app/cli.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/http/base_url.hpp"

namespace canaryd::app {

namespace {

using engine::Verb;

// The functions that CLI11 asks: empty when all is well, else what was expected.
using Problem = std::string;

std::string in_quotes(const std::string& text) { return '"' + escaped(text) + '"'; }

std::optional<Target> parse_target(const std::string& text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  Target target{Namespace(text.substr(0, slash)), ServiceName(text.substr(slash + 1))};
  if (!is_dns_label(target.ns.str()) || !is_dns_label(target.name.str())) return std::nullopt;
  return target;
}

Problem check_target(const std::string& text) {
  return parse_target(text) ? Problem() : "expected NAMESPACE/NAME of an InferenceService, got " + in_quotes(text);
}

Problem check_namespace(const std::string& text) {
  return is_dns_label(text) ? Problem() : "expected a namespace, got " + in_quotes(text);
}

Problem check_revision(const std::string& text) {
  return is_dns_subdomain(text) ? Problem() : "expected the name of a Revision, got " + in_quotes(text);
}

Problem check_reason(const std::string& text) {
  const bool says = engine::says_why(text) && text.size() <= web::max_reason;
  return says ? Problem() : Problem("expected a text of at most 256 bytes that says why");
}

// A token is not sent in the clear.
Problem check_server(const std::string& text) {
  const auto url = http::parse_base_url(text);
  if (!url) return url.error().message;
  return url->tls ? Problem() : "expected https://HOST:PORT, got " + in_quotes(text);
}

Problem check_duration(const std::string& text) {
  return parse_duration(text) ? Problem() : "expected a duration such as 2h or 30m, got " + in_quotes(text);
}

Problem check_time(const std::string& text) {
  return parse_rfc3339(text) ? Problem() : "expected RFC 3339 such as 2026-08-01T12:00:00Z, got " + in_quotes(text);
}

Problem check_override(const std::string& name, Verb verb) {
  const auto read = engine::read_overrides({name}, verb);
  return read ? Problem() : read.error().message;
}

}  // namespace

void HandCommands::add_to(CLI::App& app) {
  add_rollouts(app);
  add_steps(app);
  add_holds(app);
  add_switches(app);
}

void HandCommands::add_connection(CLI::App& command, ApiConnection& connection) {
  command.add_option("--server", connection.server, "canaryd's address")
      ->type_name("URL")
      ->envname("CANARYD_SERVER")
      ->required()
      ->check(check_server);
  command.add_option("--ca", connection.ca_file, "The CA of its certificate; default: the system's")
      ->type_name("FILE")
      ->envname("CANARYD_CA");
  command.add_option("--token-file", connection.token_file, "A bearer token")
      ->type_name("FILE")
      ->envname("CANARYD_TOKEN_FILE");
  auto* certificate = command.add_option("--cert", connection.certificate, "A client certificate")->type_name("FILE");
  auto* key = command.add_option("--key", connection.key, "Its private key")->type_name("FILE");
  certificate->needs(key);
  key->needs(certificate);
}

CLI::Option* HandCommands::add_target(CLI::App& command) {
  return command.add_option("SERVICE", target_, "NAMESPACE/NAME of the InferenceService")
      ->type_name("")
      ->check(check_target);
}

void HandCommands::add_revision(CLI::App& command) {
  command.add_option("--revision", body_.revision, "Only when this one is the canary")
      ->type_name("REVISION")
      ->check(check_revision);
}

void HandCommands::add_override(CLI::App& command, Verb verb) {
  std::string names;
  for (const auto& name : engine::override_names(verb)) names += (names.empty() ? "" : ", ") + name;
  command.add_option("--override", body_.overrides, "A guard to pass over, again for more: " + names)
      ->type_name("GUARD")
      ->allow_extra_args(false)
      ->check([verb](const std::string& name) { return check_override(name, verb); });
}

void HandCommands::add_scope(CLI::App& command) {
  auto* target = add_target(command);
  auto* one = command.add_option("--namespace", namespace_, "All services of this namespace")
                  ->type_name("NAMESPACE")
                  ->check(check_namespace);
  auto* all = command.add_flag("--all", all_, "All services");
  target->excludes(one)->excludes(all);
  one->excludes(all);
}

CLI::App* HandCommands::add_act(CLI::App& app, Verb verb, const std::string& description, const std::string& example) {
  auto* command = app.add_subcommand(engine::name_of(verb), description);
  command->add_option("--reason", body_.reason, "Why: it is recorded")
      ->type_name("TEXT")
      ->required()
      ->check(check_reason);
  acts_.push_back({command, verb});
  add_connection(*command, acts_.back().connection);
  command->footer("Example:\n  canaryd " + example);
  return command;
}

void HandCommands::add_rollouts(CLI::App& app) {
  auto* command = app.add_subcommand("rollouts", "The canaries in flight, and what holds each");
  command->add_option("--namespace", namespace_, "Those of this namespace; default: all that the client may see")
      ->type_name("NAMESPACE")
      ->check(check_namespace);
  command->add_option("--output", output_, "table or json")
      ->type_name("FORM")
      ->check(CLI::IsMember({"table", "json"}).description(""))
      ->capture_default_str();
  rollouts_.command = command;
  add_connection(*command, rollouts_.connection);
  command->footer("Example:\n  canaryd rollouts --server https://canaryd.example:8443 --token-file token");
}

void HandCommands::add_steps(CLI::App& app) {
  auto* rollback = add_act(app, Verb::rollback, "Takes a service's canary to 0 %",
                           "rollback ml/iris --reason \"answers in French\"");
  add_target(*rollback)->required();
  add_revision(*rollback);
  add_override(*rollback, Verb::rollback);
  auto* advance = add_act(app, Verb::advance, "Moves a canary to its next stage",
                          "advance ml/iris --reason \"the fix is urgent\" --override dwell");
  add_target(*advance)->required();
  add_revision(*advance);
  add_override(*advance, Verb::advance);
  auto* promote = add_act(app, Verb::promote, "Makes a canary at 100 % the stable revision",
                          "promote ml/iris --reason \"the release is announced\"");
  add_target(*promote)->required();
  add_revision(*promote);
  add_override(*promote, Verb::promote);
}

void HandCommands::add_holds(CLI::App& app) {
  auto* hold = add_act(app, Verb::hold, "Keeps canaries where they are; a bad alert still rolls back",
                       "hold --namespace ml --reason \"the database moves\" --for 2h");
  add_scope(*hold);
  auto* duration = hold->add_option("--for", body_.until, "How long; default: until it is released")
                       ->type_name("DURATION")
                       ->check(check_duration);
  hold->add_option("--until", body_.until, "Until when")->type_name("TIME")->check(check_time)->excludes(duration);
  auto* release = add_act(app, Verb::release, "Ends holds, and lets a revision that was rolled back try again",
                          "release ml/iris --reason \"the database has moved\"");
  add_scope(*release);
}

void HandCommands::add_switches(CLI::App& app) {
  auto* stop = add_act(app, Verb::stop, "Stops every patch, rollbacks too, until `canaryd start`",
                       "stop --reason \"the API server is being upgraded\"");
  stop->footer(
      "Example:\n  canaryd stop --reason \"the API server is being upgraded\"\n\n"
      "Where the API cannot be reached, a file does the same: `stop_file` in the configuration.");
  auto* start = add_act(app, Verb::start, "Ends a stop", "start --reason \"the API server is upgraded\"");
  start->footer(
      "Example:\n  canaryd start --reason \"the API server is upgraded\"\n\n"
      "A stop by `stop_file` lasts as long as the file is there.");
}

bool HandCommands::given() const {
  return rollouts_.command->parsed() ||
         std::any_of(acts_.begin(), acts_.end(), [](const Given& act) { return act.command->parsed(); });
}

int HandCommands::run(std::ostream& out, std::ostream& err) const {
  const auto found = std::find_if(acts_.begin(), acts_.end(), [](const Given& act) { return act.command->parsed(); });
  const Given& given = found == acts_.end() ? rollouts_ : *found;
  if (given.connection.token_file.empty() && given.connection.certificate.empty()) {
    err << "canaryd: expected --token-file, or --cert and --key: who asks\n";
    return exit_usage;
  }
  if (found != acts_.end()) return run_act(given, out, err);
  return list_rollouts(given.connection, {namespace_, output_ == "json"}, out, err);
}

int HandCommands::run_act(const Given& given, std::ostream& out, std::ostream& err) const {
  const Verb verb = given.verb;
  const bool scoped = verb == Verb::hold || verb == Verb::release;
  if (scoped && target_.empty() && namespace_.empty() && !all_) {
    err << "canaryd: expected NAMESPACE/NAME, --namespace or --all: what to " << engine::name_of(verb) << "\n";
    return exit_usage;
  }
  if (const auto overrides = engine::read_overrides(body_.overrides, verb); !overrides) {
    err << "canaryd: --override: " << overrides.error().message << "\n";
    return exit_usage;
  }
  ActOptions options{verb, parse_target(target_), body_};
  options.body.ns = namespace_;
  return act(given.connection, options, out, err);
}

}  // namespace canaryd::app
