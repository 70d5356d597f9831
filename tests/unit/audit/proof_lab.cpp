#include "proof_lab.hpp"

#include <doctest/doctest.h>
#include <zstd.h>

#include <array>

#include "../../../src/audit/line.hpp"
#include "../../../src/audit/names.hpp"
#include "canaryd/base/digest.hpp"
#include "canaryd/base/time_text.hpp"
#include "key_lab.hpp"

namespace canaryd::audit::test {

namespace {

const auto now = parse_rfc3339("2026-08-01T12:00:00.000001Z").value();

Chain chain_after(const std::vector<std::string>& lines) {
  Chain chain;
  chain.seq = lines.size();
  if (!lines.empty()) chain.prev = sha256_hex(lines.back());
  chain.log_id = log_id;
  return chain;
}

std::string line_of(const std::vector<std::string>& before, const Record& record) {
  std::string line;
  auto chain = chain_after(before);
  audit::append_line(line, chain, now, body_of(record));
  line.pop_back();
  return line;
}

Record lifecycle(const std::string& event, char id) {
  Record record;
  record.kind = Kind::lifecycle;
  record.id = std::string(32, id);
  record.event = event;
  record.message = "A sentence.";
  return record;
}

Record record_at(std::uint64_t seq) {
  if (seq == 0) return lifecycle("created", '0');
  constexpr std::array kinds{Kind::intent, Kind::outcome, Kind::confirmed};
  Record record;
  record.kind = kinds[(seq - 1) % 3];
  record.id = ProofLab::id_of(seq);
  record.target = TargetRef{"ml", "iris", "u-1"};
  record.action = "rollback";
  record.because = "\xC3\xA9t\xC3\xA9 \"quoted\" \\ and\x01more\xFF";
  record.message = "A sentence.";
  return record;
}

}  // namespace

std::string ProofLab::id_of(std::uint64_t seq) {
  return sha256_hex("decision " + std::to_string((seq - 1) / 3)).substr(0, 32);
}

ProofLab::ProofLab(const std::vector<std::uint64_t>& segments) {
  for (const auto count : segments) {
    starts.push_back(lines.size());
    for (std::uint64_t i = 0; i < count; ++i) lines.push_back(line_of(lines, record_at(lines.size())));
  }
  Tree tree;
  heads.push_back(tree.head());
  for (const auto& line : lines) {
    tree.add(leaf_hash(line));
    heads.push_back(tree.head());
  }
  for (std::size_t segment = 0; segment < starts.size(); ++segment) put(segment);
}

std::uint64_t ProofLab::end_of(std::size_t segment) const {
  return segment + 1 < starts.size() ? starts[segment + 1] : lines.size();
}

std::string ProofLab::records_of(std::size_t segment) const {
  std::string text;
  for (auto seq = starts[segment]; seq < end_of(segment); ++seq) text += lines[seq] + "\n";
  return text;
}

std::string ProofLab::leaves_of(std::size_t segment) const {
  std::string bytes;
  for (auto seq = starts[segment]; seq < end_of(segment); ++seq) {
    const auto leaf = leaf_hash(lines[seq]);
    bytes.append(reinterpret_cast<const char*>(leaf.data()), leaf.size());
  }
  return bytes;
}

void ProofLab::put(std::size_t segment) {
  files.put(path(segment_name(starts[segment])), records_of(segment));
  files.put(path(leaves_name(starts[segment])), leaves_of(segment));
}

std::string ProofLab::note(std::uint64_t size, char letter) const {
  std::vector<SigningKey> keys;
  keys.push_back(test_key(letter));
  return sign_checkpoint(log_of_proofs, heads.at(size), keys, now);
}

void ProofLab::add_checkpoint(std::uint64_t size, char letter) {
  checkpoints_ += note(size, letter) + "\n";
  files.put(path(checkpoints_name), checkpoints_);
}

void ProofLab::compress(std::size_t segment) {
  const auto records = records_of(segment);
  std::string frame(ZSTD_compressBound(records.size()), '\0');
  frame.resize(ZSTD_compress(frame.data(), frame.size(), records.data(), records.size(), 3));
  files.put(path(compressed_name(starts[segment])), frame);
  REQUIRE(files.remove(path(segment_name(starts[segment]))));
}

void ProofLab::append_line(const std::string& event, const Pairs& details) {
  auto record = lifecycle(event, 'e');
  record.details = details;
  lines.push_back(line_of(lines, record));
  Tree tree;
  for (const auto& line : lines) tree.add(leaf_hash(line));
  heads.push_back(tree.head());
  put(starts.size() - 1);
}

void ProofLab::remove_records(std::size_t segment) {
  append_line("removed", {{"first_seq", std::to_string(starts[segment])},
                          {"last_seq", std::to_string(starts.at(segment + 1) - 1)},
                          {"since_seq", std::to_string(starts[segment])},
                          {"why", "age"}});
  REQUIRE(files.remove(path(segment_name(starts[segment]))));
}

std::vector<PublicKey> ProofLab::key(char letter) { return {test_key(letter).public_key()}; }

}  // namespace canaryd::audit::test
