#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/audit/proof.hpp"
#include "memory_files.hpp"

namespace canaryd::audit::test {

inline const std::string log_id = "4c6b3f4c2c4c4fdfbdc9f9faa460cf58";
inline const std::string log_of_proofs = "canaryd/" + log_id;

// A log as it stands in a folder, made by hand: segments of these numbers of records, the last one open; each decision
// has three records. Checkpoints are made by asking.
struct ProofLab {
  MemoryFiles files;
  std::string directory = "/audit";
  std::vector<std::string> lines;
  std::vector<std::uint64_t> starts;
  std::vector<TreeHead> heads;  // by size

  explicit ProofLab(const std::vector<std::uint64_t>& segments);

  static std::string id_of(std::uint64_t seq);
  std::string records_of(std::size_t segment) const;
  std::string leaves_of(std::size_t segment) const;
  std::string path(const std::string& name) const { return directory + "/" + name; }

  std::string note(std::uint64_t size, char key = 'a') const;
  void add_checkpoint(std::uint64_t size, char key = 'a');
  void compress(std::size_t segment);
  // As retention does: a `removed` record is appended, then the records go.
  void remove_records(std::size_t segment);
  void append_line(const std::string& event, const std::vector<std::pair<std::string, std::string>>& details);

  static std::vector<PublicKey> key(char letter = 'a');
  static ProveOptions with_key(char letter = 'a') { return {key(letter), std::nullopt}; }

 private:
  void put(std::size_t segment);
  std::uint64_t end_of(std::size_t segment) const;
  std::string checkpoints_;
};

inline bool mentions(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

inline Proved proven(const Result<Proved>& result) {
  INFO((result ? std::string() : result.error().message));
  REQUIRE(result);
  return *result;
}

inline std::string why_not(const Result<Proved>& result) {
  REQUIRE_FALSE(result);
  return result.error().message;
}

// As somebody else checks it: from the text, with a key of his own.
inline bool holds(const Proved& proved, char key = 'a') {
  const auto read = parse_proof(to_json(proved.proof));
  INFO((read ? std::string() : read.error().message));
  REQUIRE(read);
  return is_good(check_proof(*read, ProofLab::key(key)));
}

}  // namespace canaryd::audit::test
