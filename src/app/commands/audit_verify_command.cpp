#include <unistd.h>

#include <CLI/App.hpp>
#include <iostream>
#include <ostream>
#include <string>
#include <vector>

#include "audit_commands.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/audit/verify.hpp"
#include "failed.hpp"

namespace canaryd::app {

namespace {

// One line that is written over, on a terminal only.
class ProgressLine {
 public:
  explicit ProgressLine(std::ostream& err) : err_(err), shown_(&err == &std::cerr && ::isatty(STDERR_FILENO) == 1) {}
  ~ProgressLine() {
    if (percent_ >= 0) err_ << "\r\x1b[K" << std::flush;
  }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  std::function<void(std::uint64_t, std::uint64_t)> told() {
    if (!shown_) return {};
    return [this](std::uint64_t done, std::uint64_t all) { tell(done, all); };
  }

 private:
  void tell(std::uint64_t done, std::uint64_t all) {
    constexpr std::uint64_t mebibyte = 1U << 20U;
    const int percent = all == 0 ? 100 : static_cast<int>(done * 100 / all);
    if (percent == percent_) return;
    percent_ = percent;
    err_ << "\rverifying: " << percent << " % of " << (all + mebibyte - 1) / mebibyte << " MiB\x1b[K" << std::flush;
  }

  std::ostream& err_;
  bool shown_;
  int percent_ = -1;
};

int exit_code(const audit::Verdict& verdict) {
  using audit::State;
  if (verdict.integrity.state == State::broken) return exit_integrity;
  if (verdict.completeness.state == State::broken) return exit_completeness;
  if (verdict.signatures.state == State::broken) return exit_signature;
  if (verdict.anchoring.state == State::broken) return exit_anchoring;
  return exit_done;
}

// A file after each: what follows without an option's name is the folder.
void add_files(CLI::App* command, const char* name, std::vector<std::string>& files, const char* help) {
  command->add_option(name, files, help)->allow_extra_args(false)->type_name("FILE");
}

// `canaryd audit verify`.
class AuditVerifyCommand final : public Subcommand {
 public:
  void add_to(CLI::App& audit) override;
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  std::string directory_;
  std::vector<std::string> key_files_;
  std::vector<std::string> checkpoint_files_;
  std::string output_ = "text";
  bool quiet_ = false;
};

}  // namespace

void AuditVerifyCommand::add_to(CLI::App& audit) {
  command_ = audit.add_subcommand("verify", "Checks a log folder, or a copy of one, offline");
  command_->add_option("DIRECTORY", directory_, "The log's folder")->required()->type_name("");
  add_files(command_, "--key", key_files_, "Public keys of the log's checkpoints, again for more");
  add_files(command_, "--checkpoint", checkpoint_files_,
            "Checkpoints kept elsewhere: notes, or shipped log lines as they are; again for more");
  command_->add_option("--output", output_, "How the verdict is told")
      ->type_name("text|json")
      ->check(CLI::IsMember({"text", "json"}).description(""))
      ->capture_default_str();
  command_->add_flag("--quiet", quiet_, "Prints nothing unless something is broken");
  command_->footer(
      "Example:\n  canaryd audit verify --key public.pem --checkpoint pod.log /var/lib/canaryd/audit\n\n"
      "Exit codes: 0 nothing is broken, 1 the log could not be read, 2 wrong usage; the first that is broken of:\n"
      "  3 integrity      what is there is not what was written\n"
      "  4 completeness   something is missing\n"
      "  5 signatures     a checkpoint of the log is not signed by a --key\n"
      "  6 anchoring      a --checkpoint is not of this log");
}

int AuditVerifyCommand::run(std::ostream& out, std::ostream& err) const {
  const auto files = audit::posix_files();
  const auto verdict = [&] {
    ProgressLine progress(err);
    return audit::verify(directory_, {key_files_, checkpoint_files_, progress.told()}, *files);
  }();
  if (!verdict) return failed(verdict.error(), err);
  if (!quiet_ || !verdict->intact) out << (output_ == "json" ? to_json(*verdict) : to_text(*verdict));
  return exit_code(*verdict);
}

std::unique_ptr<Subcommand> audit_verify_command() { return std::make_unique<AuditVerifyCommand>(); }

}  // namespace canaryd::app
