#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "audit_commands.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/audit/query_filter.hpp"
#include "canaryd/audit/report.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/text.hpp"
#include "failed.hpp"

namespace canaryd::app {

namespace {

// False when it cannot be read.
bool read_period(const std::string& name, const std::string& text, WallTime now, std::optional<WallTime>& into,
                 std::ostream& err) {
  if (text.empty()) return true;
  const auto time = audit::read_time(text, now);
  if (!time) {
    err << "canaryd: --" << name << ": " << printable(time.error().message) << "\n";
    return false;
  }
  into = *time;
  return true;
}

// `canaryd audit report`.
class AuditReportCommand final : public Subcommand {
 public:
  void add_to(CLI::App& audit) override;
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  std::string directory_;
  std::string since_;
  std::string until_;
  std::string output_ = "text";
  std::vector<std::string> key_files_;
  std::vector<std::string> checkpoint_files_;
};

}  // namespace

void AuditReportCommand::add_to(CLI::App& audit) {
  command_ = audit.add_subcommand("report", "What a review asks of a log: rollouts, rollbacks, commands, holds, gaps");
  command_->add_option("DIRECTORY", directory_, "The log's folder, or a copy of it")->required()->type_name("");
  command_->add_option("--since", since_, "Not before: RFC 3339, 2026-11-20, now, today, yesterday, or -90m, -2d; UTC")
      ->type_name("TIME");
  command_->add_option("--until", until_, "Before it")->type_name("TIME");
  command_->add_option("--output", output_, "text or markdown")
      ->type_name("FORM")
      ->check(CLI::IsMember({"text", "markdown"}).description(""))
      ->capture_default_str();
  command_->add_option("--key", key_files_, "A public key of the log's checkpoints, again for more")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command_->add_option("--checkpoint", checkpoint_files_, "Checkpoints that were kept elsewhere, again for more")
      ->type_name("FILE")
      ->allow_extra_args(false);
  command_->footer(
      "Example:\n  canaryd audit report /var/lib/canaryd/audit --since -7d --key canaryd.pub --output markdown");
}

int AuditReportCommand::run(std::ostream& out, std::ostream& err) const {
  const WallTime now = SystemClock().now();
  audit::ReportOptions options;
  options.key_files = key_files_;
  options.checkpoint_files = checkpoint_files_;
  if (!read_period("since", since_, now, options.since, err)) return exit_usage;
  if (!read_period("until", until_, now, options.until, err)) return exit_usage;
  if (options.since && options.until && *options.since >= *options.until) {
    err << "canaryd: --until: expected a time after --since\n";
    return exit_usage;
  }
  const auto files = audit::posix_files();
  const auto report = audit::make_report(directory_, options, *files, now);
  if (!report) return failed(report.error(), err);
  out << (output_ == "markdown" ? audit::to_markdown(*report) : audit::to_text(*report));
  if (!report->incomplete) return exit_done;
  err << "canaryd: not all of the log could be read: the report says what; canaryd audit verify tells more\n";
  return exit_failed;
}

std::unique_ptr<Subcommand> audit_report_command() { return std::make_unique<AuditReportCommand>(); }

}  // namespace canaryd::app
