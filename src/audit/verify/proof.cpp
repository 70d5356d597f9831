#include "canaryd/audit/proof.hpp"

#include <algorithm>

#include "audit/format/head.hpp"
#include "canaryd/base/text.hpp"
#include "proof_checkpoints.hpp"
#include "proof_find.hpp"
#include "proof_leaves.hpp"

namespace canaryd::audit {

namespace {

std::string records_text(const std::vector<std::uint64_t>& seqs) {
  std::string text = seqs.size() == 1 ? "record " : "records ";
  for (std::size_t i = 0; i < seqs.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(seqs[i]);
  return text;
}

Result<ChosenCheckpoint> checkpoint_for(const std::string& directory, const ProveOptions& options, Files& files) {
  if (options.checkpoint) return choose(*options.checkpoint, options.keys, "the checkpoint that was given");
  return newest_of(directory, options.keys, files);
}

// Splits off what is newer than the checkpoint; an error when nothing is left.
Result<std::vector<std::string>> keep_covered(std::vector<FoundRecord>& records, std::uint64_t size) {
  std::vector<std::uint64_t> newer;
  std::erase_if(records, [&](const FoundRecord& record) {
    if (record.seq >= size) newer.push_back(record.seq);
    return record.seq >= size;
  });
  std::vector<std::string> notes;
  if (newer.empty()) return notes;
  const auto what = "no checkpoint covers " + records_text(newer) + " yet: this one is of the first " +
                    std::to_string(size) + " records";
  if (records.empty()) return fail(Error::not_found(what));
  notes.push_back(what + "; left out");
  return notes;
}

Result<ProvenRecord> with_path(FoundRecord record, const Checkpoint& checkpoint, LeafStore& leaves) {
  if (!is_utf8(record.line)) {
    return fail(Error::invalid("record " + std::to_string(record.seq) + " is not UTF-8: canaryd did not write it"));
  }
  auto path = inclusion_path(record.seq, checkpoint.head.size, leaves.leaf_at());
  if (!path) return fail(path.error());
  if (!is_included(leaf_hash(record.line), record.seq, checkpoint.head, *path)) {
    return fail(Error::invalid("record " + std::to_string(record.seq) +
                               " does not lead to the root of the checkpoint of " +
                               std::to_string(checkpoint.head.size) +
                               " records: one of the two was changed (canaryd audit verify tells more)"));
  }
  return ProvenRecord{record.seq, std::move(record.line), std::move(*path)};
}

Result<Proved> prove_found(const std::string& directory, Found found, const ProveOptions& options, Files& files) {
  auto chosen = checkpoint_for(directory, options, files);
  if (!chosen) return fail(chosen.error());
  auto left_out = keep_covered(found.records, chosen->checkpoint.head.size);
  if (!left_out) return fail(left_out.error());
  auto leaves = LeafStore::open(directory, files);
  if (!leaves) return fail(leaves.error());
  InclusionProof proof{{}, std::move(chosen->note)};
  for (auto& record : found.records) {
    auto proven = with_path(std::move(record), chosen->checkpoint, *leaves);
    if (!proven) return fail(proven.error());
    proof.records.push_back(std::move(*proven));
  }
  Proved proved{{std::move(proof), std::move(chosen->keys)}, std::move(*left_out)};
  proved.notes.insert(proved.notes.end(), found.absent.begin(), found.absent.end());
  proved.notes.insert(proved.notes.end(), found.notes.begin(), found.notes.end());
  return proved;
}

Error nothing_found(const std::string& directory, const std::string& what, const Found& found) {
  std::string message = directory + ": " + what;
  for (const auto& reason : found.absent) message += "; " + reason;
  for (const auto& note : found.notes) message += "; " + note;
  return Error::not_found(message);
}

Result<ChosenCheckpoint> named(const std::string& directory, const CheckpointName& name,
                               const std::vector<PublicKey>& keys, const char* what, Files& files) {
  if (const auto* size = std::get_if<std::uint64_t>(&name)) return of_size(directory, *size, keys, files);
  return choose(std::get<std::string>(name), keys, what);
}

}  // namespace

Result<Proved> prove_id(const std::string& directory, const std::string& id, const ProveOptions& options,
                        Files& files) {
  auto found = find_id(directory, id, files);
  if (!found) return fail(found.error());
  if (found->records.empty()) return fail(nothing_found(directory, "no record has the id " + id, *found));
  return prove_found(directory, std::move(*found), options, files);
}

Result<Proved> prove_seq(const std::string& directory, std::uint64_t seq, const ProveOptions& options, Files& files) {
  auto found = find_seq(directory, seq, files);
  if (!found) return fail(found.error());
  if (found->records.empty()) {
    return fail(nothing_found(directory, "record " + std::to_string(seq) + " is not in it", *found));
  }
  return prove_found(directory, std::move(*found), options, files);
}

Result<Proved> prove_line(const std::string& directory, const std::string& line, const ProveOptions& options,
                          Files& files) {
  const auto head = read_head(line);
  if (!head) return fail(Error::invalid("the line that was given is no record: " + head.error().what));
  return prove_found(directory, Found{{{head->seq, line}}, {}, {}}, options, files);
}

Result<Proved> prove_consistency(const std::string& directory, const CheckpointName& from, const CheckpointName& to,
                                 const std::vector<PublicKey>& keys, Files& files) {
  auto older = named(directory, from, keys, "the older checkpoint", files);
  if (!older) return fail(older.error());
  auto newer = named(directory, to, keys, "the newer checkpoint", files);
  if (!newer) return fail(newer.error());
  if (older->checkpoint.origin != newer->checkpoint.origin) {
    return fail(Error::invalid("the checkpoints are of different logs: " + older->checkpoint.origin + " and " +
                               newer->checkpoint.origin));
  }
  auto leaves = LeafStore::open(directory, files);
  if (!leaves) return fail(leaves.error());
  auto path = consistency_path(older->checkpoint.head.size, newer->checkpoint.head.size, leaves->leaf_at());
  if (!path) return fail(path.error());
  if (!is_consistent(older->checkpoint.head, newer->checkpoint.head, *path)) {
    return fail(
        Error::invalid("the log does not lead from the one root to the other: it is not the log of both checkpoints, "
                       "or it was changed "
                       "(canaryd audit verify tells more)"));
  }
  auto signers = std::move(older->keys);
  for (const auto& key : newer->keys) {
    if (std::find(signers.begin(), signers.end(), key) == signers.end()) signers.push_back(key);
  }
  return Proved{
      {ConsistencyProof{std::move(older->note), std::move(newer->note), std::move(*path)}, std::move(signers)}, {}};
}

}  // namespace canaryd::audit
