#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/audit/files.hpp"
#include "canaryd/audit/tree.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// Proofs that stand alone: docs/audit-proofs.md. Nothing here takes a lock or writes; everything is safe from any
// thread as far as its Files are.

inline constexpr std::size_t proof_limit = 64U << 20U;  // bytes of a proof that is read

// A record and its way to the root.
struct ProvenRecord {
  std::uint64_t seq = 0;
  std::string line;  // as it stands in the log, without LF
  std::vector<Hash> path;
};

// That records are in the log of a checkpoint.
struct InclusionProof {
  std::vector<ProvenRecord> records;
  std::string checkpoint;  // the whole note
};

// That one checkpoint's log goes on from the other's: nothing was changed or taken away in between.
struct ConsistencyProof {
  std::string from;  // the whole notes
  std::string to;
  std::vector<Hash> path;
};

struct Proof {
  std::variant<InclusionProof, ConsistencyProof> content;
  std::vector<PublicKey> keys;  // that signed; who checks has no reason to trust them yet
};

std::string to_json(const Proof& proof);
// Strict: members that are unknown, missing or there twice are invalid. Needs no more memory than the text.
Result<Proof> parse_proof(std::string_view text);

struct ProofVerdict {
  bool path_checked = false;              // false: a checkpoint is no note, which is a signature fault
  std::string path_fault;                 // empty: the paths lead to the roots, as far as they were checked
  std::string signature_fault;            // empty: every checkpoint is signed by a known key
  std::optional<std::int64_t> timestamp;  // when the (newer) checkpoint was signed, seconds, by the signer's clock
};
inline bool is_good(const ProofVerdict& verdict) {
  return verdict.path_checked && verdict.path_fault.empty() && verdict.signature_fault.empty();
}
ProofVerdict check_proof(const Proof& proof, const std::vector<PublicKey>& keys);

// How to prove, and what was noticed on the way.
struct ProveOptions {
  std::vector<PublicKey> keys;            // empty: signatures are not looked at, and the proof holds no key
  std::optional<std::string> checkpoint;  // a note from outside; else the newest of the folder that covers the records
};
struct Proved {
  Proof proof;
  std::vector<std::string> notes;  // English, for a person
};

// Of all records with this id (its first digits, 6 at least, are enough), of the record of this seq, and of a line
// (without LF) that somebody kept, in the log or removed from it. Errors: io; not_found (no log, no such record, no
// checkpoint that covers it yet); invalid (what was found does not fit the checkpoint).
Result<Proved> prove_id(const std::string& directory, const std::string& id, const ProveOptions& options, Files& files);
Result<Proved> prove_seq(const std::string& directory, std::uint64_t seq, const ProveOptions& options, Files& files);
Result<Proved> prove_line(const std::string& directory, const std::string& line, const ProveOptions& options,
                          Files& files);

// A checkpoint as somebody names it: the note itself, or the size of one in the folder.
using CheckpointName = std::variant<std::string, std::uint64_t>;
// Errors as above.
Result<Proved> prove_consistency(const std::string& directory, const CheckpointName& from, const CheckpointName& to,
                                 const std::vector<PublicKey>& keys, Files& files);

}  // namespace canaryd::audit
