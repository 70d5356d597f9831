#include <CLI/App.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "audit_commands.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/audit/proof.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/base/number.hpp"
#include "canaryd/base/text.hpp"
#include "failed.hpp"

namespace canaryd::app {

namespace {

constexpr std::size_t record_file_limit = 16U << 20U;
constexpr std::string_view seq_prefix = "seq:";

// A note, with or without the empty line that stands behind it in checkpoints.log.
Result<std::string> read_note(const std::string& path) {
  auto note = read_file(path, audit::checkpoint_limit + 1);
  if (note && note->ends_with("\n\n")) note->pop_back();
  return note;
}

Result<audit::CheckpointName> checkpoint_named(const std::string& text) {
  if (const auto size = number_from<std::uint64_t>(text)) return audit::CheckpointName(*size);
  auto note = read_note(text);
  if (!note) return fail(note.error());
  return audit::CheckpointName(std::move(*note));
}

// `canaryd audit prove`.
class AuditProveCommand final : public Subcommand {
 public:
  void add_to(CLI::App& audit) override;
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  Result<audit::ProveOptions> options() const;
  Result<audit::Proved> prove() const;
  Result<audit::Proved> prove_record(const audit::ProveOptions& options, audit::Files& files) const;

  std::string directory_;
  std::string id_;
  std::string record_file_;
  std::vector<std::string> consistency_;
  std::string checkpoint_file_;
  std::string key_file_;
};

}  // namespace

void AuditProveCommand::add_to(CLI::App& audit) {
  command_ = audit.add_subcommand("prove", "Writes a proof that stands alone: of a record, or of two checkpoints");
  command_->add_option("DIRECTORY", directory_, "The log's folder, or a copy of it")->required()->type_name("");
  auto* const id =
      command_->add_option("ID", id_, "The id of a decision, or its first digits, 6 at least; seq:N is one record")
          ->type_name("");
  auto* const record =
      command_->add_option("--record", record_file_, "A record's line that was kept, though the log may have lost it")
          ->type_name("FILE");
  auto* const consistency =
      command_
          ->add_option("--consistency", consistency_,
                       "Proves that NEW goes on from OLD: files with a note, or sizes of checkpoints in the folder")
          ->expected(2)
          ->type_name("OLD NEW");
  auto* const checkpoint =
      command_
          ->add_option("--checkpoint", checkpoint_file_,
                       "A note that was kept elsewhere, to prove by; default: the newest of the folder")
          ->type_name("FILE");
  command_
      ->add_option("--key", key_file_,
                   "The log's public keys: only what they signed counts, and the proof carries them")
      ->type_name("FILE");
  id->excludes(record)->excludes(consistency);
  record->excludes(consistency);
  checkpoint->excludes(consistency);
  command_->footer(
      "Example:\n  canaryd audit prove /var/lib/canaryd/audit 195c9229 --key checkpoint.pub > proof.json\n"
      "  canaryd audit prove /var/lib/canaryd/audit --consistency 2026-01.note 2026-11.note > proof.json\n\n"
      "`canaryd audit verify-proof` checks it, as does the short program in docs/audit-proofs.md.");
}

int AuditProveCommand::run(std::ostream& out, std::ostream& err) const {
  if (id_.empty() && record_file_.empty() && consistency_.empty()) {
    err << "canaryd: expected an ID, seq:N, --record or --consistency\n";
    return exit_usage;
  }
  if (id_.starts_with(seq_prefix) && !number_from<std::uint64_t>(std::string_view(id_).substr(seq_prefix.size()))) {
    err << "canaryd: expected a number behind seq:\n";
    return exit_usage;
  }
  const auto proved = prove();
  if (!proved) return failed(proved.error(), err);
  out << audit::to_json(proved->proof);
  for (const auto& note : proved->notes) err << "canaryd: note: " << escaped(note, 4096) << "\n";
  if (proved->proof.keys.empty()) {
    err << "canaryd: note: without --key no signature was checked, and the proof carries no public key\n";
  }
  return exit_done;
}

Result<audit::ProveOptions> AuditProveCommand::options() const {
  audit::ProveOptions options;
  if (!key_file_.empty()) {
    const auto text = read_file(key_file_);
    if (!text) return fail(text.error());
    auto keys = audit::parse_public_keys(*text, key_file_);
    if (!keys) return fail(keys.error());
    options.keys = std::move(*keys);
  }
  if (!checkpoint_file_.empty()) {
    auto note = read_note(checkpoint_file_);
    if (!note) return fail(note.error());
    options.checkpoint = std::move(*note);
  }
  return options;
}

Result<audit::Proved> AuditProveCommand::prove() const {
  const auto given = options();
  if (!given) return fail(given.error());
  const auto files = audit::posix_files();
  if (consistency_.empty()) return prove_record(*given, *files);
  const auto from = checkpoint_named(consistency_[0]);
  if (!from) return fail(from.error());
  const auto to = checkpoint_named(consistency_[1]);
  if (!to) return fail(to.error());
  return audit::prove_consistency(directory_, *from, *to, given->keys, *files);
}

Result<audit::Proved> AuditProveCommand::prove_record(const audit::ProveOptions& options, audit::Files& files) const {
  if (!record_file_.empty()) {
    auto line = read_file(record_file_, record_file_limit);
    if (!line) return fail(line.error());
    if (line->ends_with('\n')) line->pop_back();
    return audit::prove_line(directory_, *line, options, files);
  }
  if (!id_.starts_with(seq_prefix)) return audit::prove_id(directory_, id_, options, files);
  return audit::prove_seq(directory_, *number_from<std::uint64_t>(std::string_view(id_).substr(seq_prefix.size())),
                          options, files);
}

std::unique_ptr<Subcommand> audit_prove_command() { return std::make_unique<AuditProveCommand>(); }

}  // namespace canaryd::app
