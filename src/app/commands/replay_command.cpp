#include "replay_command.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>
#include <optional>
#include <ostream>

#include "canaryd/app/cli.hpp"
#include "canaryd/app/config.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/base/text.hpp"
#include "failed.hpp"
#include "replay_decision.hpp"
#include "replay_output.hpp"
#include "replay_past.hpp"

namespace canaryd::app {

namespace {

// The configuration that decides; without a file the shipped default. nullopt: it was said why not.
std::optional<Config> config_of(const std::string& file, std::ostream& err) {
  std::string text(default_config());
  if (!file.empty()) {
    auto read = read_file(file);
    if (!read) {
      failed(read.error(), err);
      return std::nullopt;
    }
    text = std::move(*read);
  }
  auto reading = read_config(text, file);
  for (const auto& problem : reading.problems) err << problem.str() << "\n";
  if (reading.problems.empty()) return std::move(reading.config);
  err << "canaryd: " << printable(file) << " cannot be used\n";
  return std::nullopt;
}

}  // namespace

void ReplayCommand::add_to(CLI::App& app) {
  command_ =
      app.add_subcommand("replay", "What a configuration would decide about alerts of the past, as a difference");
  command_->add_option("--config", config_file_, "The configuration that decides; default: canaryd config default")
      ->type_name("FILE");
  command_
      ->add_option("FILE", files_,
                   "Notifications (JSON, one a file or one a line), a segment of an audit log, or its folder")
      ->required()
      ->type_name("");
  command_->add_option("--output", output_, "table or json")
      ->type_name("FORM")
      ->check(CLI::IsMember({"table", "json"}).description(""))
      ->capture_default_str();
  command_->add_flag("--changes-only", changes_only_, "Without what would be decided as it was");
  command_->footer(
      "Example:\n  canaryd replay --config new.yaml --changes-only /var/lib/canaryd/audit\n"
      "Asks no cluster and no Prometheus: docs/replay.md says what is assumed.");
}

int ReplayCommand::run(std::ostream& out, std::ostream& err) const {
  const auto config = config_of(config_file_, err);
  if (!config) return exit_failed;
  const Replay replay(*config);
  ReplaySummary summary;
  std::vector<Replayed> rows;
  for (const auto& file : files_) {
    const auto read = read_past(file, [&](const PastDelivery& delivery) {
      for (auto& row : replay.decide(delivery)) {
        summary.count(row);
        const bool is_same = row.then && !row.differs() && row.basis != Replayed::Basis::undecided;
        if (!changes_only_ || !is_same) rows.push_back(std::move(row));
      }
    });
    if (!read) return failed(read.error(), err);
    summary.others += read->others;
  }
  if (output_ == "json") {
    print_replay_json(rows, summary, out);
  } else {
    print_replay_table(rows, summary, out);
  }
  return exit_done;
}

}  // namespace canaryd::app
