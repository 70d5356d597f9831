#include <string>

#include "audit/format/head.hpp"
#include "canaryd/audit/proof.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

// Notes what is wrong with a checkpoint; nullopt when it cannot be read.
std::optional<Checkpoint> take_checkpoint(const std::string& note, const char* name, const std::vector<PublicKey>& keys,
                                          ProofVerdict& verdict) {
  auto checkpoint = parse_checkpoint(note);
  if (!checkpoint) {
    verdict.signature_fault = std::string(name) + ": " + checkpoint.error().message;
    return std::nullopt;
  }
  const auto signatures = check_signatures(*checkpoint, keys);
  if (!signatures.good && verdict.signature_fault.empty()) {
    verdict.signature_fault = std::string(name) + ": " + signatures.what;
  }
  verdict.timestamp = signatures.timestamp;
  return std::move(*checkpoint);
}

// That a proven line is the record that it is said to be.
std::string fault_of(const ProvenRecord& record, const Checkpoint& checkpoint) {
  const auto name = "record " + std::to_string(record.seq);
  const auto head = is_utf8(record.line) ? read_head(record.line) : tl::unexpected<Misfit>(Misfit{0, "expected UTF-8"});
  if (!head) return name + " is no record of canaryd: " + head.error().what;
  if (head->seq != record.seq) return name + " says of itself that it is record " + std::to_string(head->seq);
  if (!head->log_id.empty() && !checkpoint.origin.ends_with("/" + std::string(head->log_id))) {
    return name + " began another log than that of the checkpoint";
  }
  if (!is_included(leaf_hash(record.line), record.seq, checkpoint.head, record.path)) {
    return name + ": the path does not lead to the root of the checkpoint";
  }
  return {};
}

void check(const InclusionProof& proof, const std::vector<PublicKey>& keys, ProofVerdict& verdict) {
  const auto checkpoint = take_checkpoint(proof.checkpoint, "the checkpoint", keys, verdict);
  if (!checkpoint) return;
  verdict.path_checked = true;
  for (const auto& record : proof.records) {
    if (verdict.path_fault.empty()) verdict.path_fault = fault_of(record, *checkpoint);
  }
}

void check(const ConsistencyProof& proof, const std::vector<PublicKey>& keys, ProofVerdict& verdict) {
  const auto from = take_checkpoint(proof.from, "the older checkpoint", keys, verdict);
  if (!from) return;
  const auto to = take_checkpoint(proof.to, "the newer checkpoint", keys, verdict);
  if (!to) return;
  verdict.path_checked = true;
  if (from->origin != to->origin) {
    verdict.path_fault = "the checkpoints are of different logs";
  } else if (!is_consistent(from->head, to->head, proof.path)) {
    verdict.path_fault = "the path does not lead from the one root to the other";
  }
}

}  // namespace

ProofVerdict check_proof(const Proof& proof, const std::vector<PublicKey>& keys) {
  ProofVerdict verdict;
  std::visit([&](const auto& content) { check(content, keys, verdict); }, proof.content);
  return verdict;
}

}  // namespace canaryd::audit
