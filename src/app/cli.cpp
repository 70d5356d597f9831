#include "canaryd/app/cli.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "app/commands/audit_commands.hpp"
#include "app/commands/commands.hpp"
#include "app/commands/doctor_command.hpp"
#include "app/commands/hand_commands.hpp"
#include "app/commands/replay_command.hpp"
#include "app/commands/route_command.hpp"
#include "canaryd/app/config.hpp"
#include "canaryd/app/serve.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/base/version.hpp"

namespace canaryd::app {
namespace {

std::string version_line() { return "canaryd " + std::string(version); }

// What the command line can say. `app` refers to the values beside it.
struct CommandLine {
  CLI::App app{"canaryd rolls back bad KServe canaries, provably.", "canaryd"};
  ServeOptions serve_options;
  sandbox::Options sandbox_options;
  std::string reconcile_delay;
  std::string config_file;
  RulesPrint rules_options;
  CLI::App* serve = nullptr;
  CLI::App* sandbox = nullptr;
  CLI::App* check_config = nullptr;
  CLI::App* config_default = nullptr;
  CLI::App* rules_print = nullptr;
  CLI::App* rules_list = nullptr;
  CLI::App* version = nullptr;
  RouteCommand route;
  DoctorCommand doctor;
  HandCommands hand;
  ReplayCommand replay;
  AuditCommands audit;
  std::array<Subcommand*, 5> subcommands{&route, &doctor, &hand, &replay, &audit};

  CommandLine() {
    app.require_subcommand(1);
    app.set_version_flag("--version", version_line());
    app.footer(
        "Example:\n  canaryd serve --config /etc/canaryd/canaryd.yaml\n\n"
        "Exit codes: 0 done, 1 failed, 2 wrong usage; audit verify: 3 to 6, doctor: 3 and 4, see their help.");
    add_daemon();
    add_sandbox();
    add_config();
    add_rules();
    for (auto* subcommand : subcommands) subcommand->add_to(app);
    version = app.add_subcommand("version", "Prints the version");
    version->footer("Example:\n  canaryd version");
  }

  void add_daemon() {
    serve = app.add_subcommand("serve", "Runs the daemon until SIGTERM; SIGHUP reads the configuration again");
    serve->add_option("--config", serve_options.config_file, "The configuration (docs/configuration.md)")
        ->required()
        ->type_name("FILE");
    serve->footer("Example:\n  canaryd serve --config /etc/canaryd/canaryd.yaml");
  }

  void add_sandbox() {
    sandbox =
        app.add_subcommand("sandbox", "Runs an in-memory cluster with simulated traffic, until SIGINT or SIGTERM");
    sandbox->add_option("--listen", sandbox_options.listen, "Loopback address; port 0 takes a free one, and says which")
        ->type_name("ADDRESS:PORT")
        ->capture_default_str();
    sandbox
        ->add_option("--scenario", sandbox_options.scenario_file, "Services and their traffic; default: ml/iris at 5 %")
        ->type_name("FILE");
    sandbox->add_option("--services", sandbox_options.services, "Further services, for measurements")
        ->type_name("NUMBER")
        ->check(CLI::Range(0, 100000).description(""))
        ->capture_default_str();
    sandbox->add_option("--reconcile-delay", reconcile_delay, "Between a write and its effect, such as 20ms or 1s")
        ->type_name("DURATION")
        ->default_str(to_text(sandbox_options.reconcile_delay))
        ->check([](const std::string& text) {
          return parse_duration(text) ? std::string() : "expected a duration such as 20ms or 1s, got " + text;
        });
    sandbox->footer("Example:\n  canaryd sandbox --listen 127.0.0.1:8001");
  }

  void add_config() {
    check_config = app.add_subcommand("check-config", "Says everything that is wrong with a configuration");
    check_config->add_option("FILE", config_file, "The configuration")->required()->type_name("");
    check_config->footer("Example:\n  canaryd check-config /etc/canaryd/canaryd.yaml");
    auto* config = app.add_subcommand("config", "About the configuration");
    config->require_subcommand(1);
    config->footer("Example:\n  canaryd config default > canaryd.yaml");
    config_default = config->add_subcommand("default", "Prints a commented configuration with every key");
    config_default->footer("Example:\n  canaryd config default > canaryd.yaml");
  }

  void add_rules() {
    auto* rules = app.add_subcommand("rules", "The shipped Prometheus rules");
    rules->require_subcommand(1);
    rules->footer("Example:\n  canaryd rules print > canaryd-rules.yaml");
    rules_list = rules->add_subcommand("list", "A table of every shipped rule");
    rules_list->footer("Example:\n  canaryd rules list");
    rules_print = rules->add_subcommand("print", "Prints rule files: one as it is shipped, several or all as one file");
    auto* names =
        rules_print->add_option("FILE", rules_options.names, "Such as canary.yaml; default: all")->type_name("");
    add_source(rules_print)->excludes(names);
    rules_print->add_option("--format", rules_options.format, "A rule file, or a Kubernetes object for the operator")
        ->type_name(std::string(rules_format_prometheus) + "|" + rules_format_object)
        ->check(CLI::IsMember({rules_format_prometheus, rules_format_object}).description(""))
        ->capture_default_str();
    rules_print->add_option("--name", rules_options.name, "The object's name; default: canaryd-rules")
        ->type_name("NAME");
    rules_print->add_option("--namespace", rules_options.namespace_name, "The object's namespace; default: none")
        ->type_name("NAMESPACE");
    one_each(rules_print->add_option("--label", rules_options.labels, "A label of the object, again for more"))
        ->type_name("KEY=VALUE");
    rules_print->footer(
        "Example:\n  canaryd rules print > canaryd-rules.yaml\n"
        "  canaryd rules print --format prometheusrule --namespace monitoring --label release=prometheus");
  }

  CLI::Option* add_source(CLI::App* command) {
    std::string known;
    for (const auto& source : rule_sources()) known += (known.empty() ? "" : ", ") + source;
    return one_each(command->add_option("--source", rules_options.sources,
                                        "With the rules of this source of metrics only, again for more: " + known))
        ->type_name("NAME");
  }

  // An option that takes one word, as often as it is given: a following FILE is not its own.
  static CLI::Option* one_each(CLI::Option* option) { return option->allow_extra_args(false); }
};

int execute(CommandLine& line, std::ostream& out, std::ostream& err) {
  for (const auto* subcommand : line.subcommands) {
    if (subcommand->given()) return subcommand->run(out, err);
  }
  if (*line.serve) return serve(line.serve_options, err);
  if (*line.sandbox) {
    if (const auto delay = parse_duration(line.reconcile_delay)) line.sandbox_options.reconcile_delay = *delay;
    return run_sandbox(line.sandbox_options, out, err);
  }
  if (*line.check_config) return check_config(line.config_file, out, err);
  if (*line.rules_print) return print_rules(line.rules_options, out, err);
  if (*line.rules_list) return list_rules(out, err);
  if (*line.config_default) {
    out << default_config();
  } else {
    out << version_line() << "\n";
  }
  return exit_done;
}

int parse_and_execute(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  CommandLine line;
  try {
    line.app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return line.app.exit(error, out, err) == 0 ? exit_done : exit_usage;
  }
  return execute(line, out, err);
}

}  // namespace

int run(int argc, const char* const* argv, std::ostream& out, std::ostream& err) {
  const int code = parse_and_execute(argc, argv, out, err);
  out.flush();
  if (out.good()) return code;
  err << "canaryd: cannot write to the standard output\n";
  return code == exit_done ? exit_failed : code;
}

}  // namespace canaryd::app
