#include <CLI/App.hpp>
#include <ostream>
#include <string>

#include "audit_commands.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/audit/proof.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "failed.hpp"

namespace canaryd::app {

namespace {

// What was proven; the checkpoints were read before.
void tell(const audit::InclusionProof& proof, std::ostream& out) {
  const auto checkpoint = audit::parse_checkpoint(proof.checkpoint);
  if (!checkpoint) return;
  out << "log " << escaped(checkpoint->origin) << ", checkpoint of " << checkpoint->head.size << " records\n";
  for (const auto& record : proof.records) out << "record " << record.seq << ": " << printable(record.line) << "\n";
}

void tell(const audit::ConsistencyProof& proof, std::ostream& out) {
  const auto from = audit::parse_checkpoint(proof.from);
  const auto to = audit::parse_checkpoint(proof.to);
  if (!from || !to) return;
  out << "log " << escaped(to->origin) << ", checkpoints of " << from->head.size << " and " << to->head.size
      << " records\n";
}

const char* shown(const audit::InclusionProof& /*proof*/) {
  return "path: good, each record is in the log of the checkpoint, in its place\n";
}

const char* shown(const audit::ConsistencyProof& /*proof*/) {
  return "path: good, the newer log begins with all of the older one\n";
}

std::string time_of(std::int64_t seconds) {
  // Times that no calendar of four digits holds are told as they are.
  constexpr std::int64_t year_10000 = 253402300800;
  if (seconds >= year_10000) return std::to_string(seconds) + " seconds after 1970";
  return to_rfc3339(WallTime(std::chrono::seconds(seconds)));
}

// `canaryd audit verify-proof`.
class AuditVerifyProofCommand final : public Subcommand {
 public:
  void add_to(CLI::App& audit) override;
  int run(std::ostream& out, std::ostream& err) const override;

 private:
  Result<audit::Proof> read_proof() const;
  Result<std::vector<audit::PublicKey>> keys_for(const audit::Proof& proof) const;
  void tell_signature(const audit::Proof& proof, const audit::ProofVerdict& verdict, std::ostream& out) const;

  std::string file_;
  std::string key_file_;
};

}  // namespace

void AuditVerifyProofCommand::add_to(CLI::App& audit) {
  command_ =
      audit.add_subcommand("verify-proof", "Checks a proof: exit code 3 if its path is wrong, 5 if its signature is");
  command_->add_option("FILE", file_, "What `canaryd audit prove` wrote")->required()->type_name("");
  command_->add_option("--key", key_file_, "The log's public keys, from where you trust them to be right")
      ->type_name("FILE");
  command_->footer("Example:\n  canaryd audit verify-proof proof.json --key checkpoint.pub");
}

int AuditVerifyProofCommand::run(std::ostream& out, std::ostream& err) const {
  const auto proof = read_proof();
  if (!proof) return failed(proof.error(), err);
  const auto keys = keys_for(*proof);
  if (!keys) return failed(keys.error(), err);
  const auto verdict = audit::check_proof(*proof, *keys);
  // What is not signed by anybody is not shown as if it were.
  if (audit::is_good(verdict)) std::visit([&](const auto& content) { tell(content, out); }, proof->content);
  if (!verdict.path_fault.empty()) {
    out << "path: WRONG, " << escaped(verdict.path_fault, 1024) << "\n";
  } else if (!verdict.path_checked) {
    out << "path: not checked, as there is no checkpoint that it could lead to\n";
  } else if (!verdict.signature_fault.empty()) {
    out << "path: fits the checkpoint, but leads to no root that is signed\n";
  } else {
    out << std::visit([](const auto& content) { return shown(content); }, proof->content);
  }
  tell_signature(*proof, verdict, out);
  if (!verdict.path_fault.empty()) return exit_integrity;
  return verdict.signature_fault.empty() ? exit_done : exit_signature;
}

Result<audit::Proof> AuditVerifyProofCommand::read_proof() const {
  const auto text = read_file(file_, audit::proof_limit);
  if (!text) return fail(text.error());
  auto proof = audit::parse_proof(*text);
  if (!proof) return fail(Error::invalid(file_ + ": " + proof.error().message));
  return proof;
}

Result<std::vector<audit::PublicKey>> AuditVerifyProofCommand::keys_for(const audit::Proof& proof) const {
  if (key_file_.empty()) return proof.keys;
  const auto text = read_file(key_file_);
  if (!text) return fail(text.error());
  return audit::parse_public_keys(*text, key_file_);
}

void AuditVerifyProofCommand::tell_signature(const audit::Proof& proof, const audit::ProofVerdict& verdict,
                                             std::ostream& out) const {
  if (!verdict.signature_fault.empty()) {
    out << "signature: WRONG, " << escaped(verdict.signature_fault, 1024) << "\n";
    if (key_file_.empty() && proof.keys.empty()) out << "The proof carries no public key: give --key FILE.\n";
    return;
  }
  out << "signature: good";
  if (verdict.timestamp) out << ", made " << time_of(*verdict.timestamp) << " by the signer's clock";
  if (!key_file_.empty()) {
    out << ", by a key of " << escaped(key_file_, 4096) << "\n";
    return;
  }
  out << ", by the key that the proof itself carries.\n"
         "That key proves nothing: whoever forges a proof puts a key of his own there.\n"
         "Compare it with the one that you know, or give that one with --key FILE:\n";
  for (const auto& key : proof.keys) out << key.pem();
}

std::unique_ptr<Subcommand> audit_verify_proof_command() { return std::make_unique<AuditVerifyProofCommand>(); }

}  // namespace canaryd::app
