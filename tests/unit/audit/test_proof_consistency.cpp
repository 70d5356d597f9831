#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proof_lab.hpp"

namespace canaryd::audit::test {

TEST_CASE("two checkpoints are proven to be of one log, by size or by note") {
  ProofLab lab({20, 20, 5});
  lab.compress(0);
  for (const std::uint64_t size : {1U, 12U, 20U, 33U, 45U}) lab.add_checkpoint(size);
  for (const std::uint64_t from : {1U, 12U, 20U, 33U, 45U}) {
    for (const std::uint64_t to : {12U, 20U, 33U, 45U}) {
      if (from > to) continue;
      CHECK(holds(proven(prove_consistency(lab.directory, from, lab.note(to), ProofLab::key(), lab.files))));
      CHECK(holds(proven(prove_consistency(lab.directory, lab.note(from), to, ProofLab::key(), lab.files))));
    }
  }
  const auto why = [&](const CheckpointName& from, const CheckpointName& to) {
    return why_not(prove_consistency(lab.directory, from, to, ProofLab::key(), lab.files));
  };
  CHECK(mentions(why(std::uint64_t{13}, std::uint64_t{20}), "holds no checkpoint of 13 records"));
  CHECK(mentions(why(std::uint64_t{20}, std::uint64_t{12}), "a log of 12 records does not continue one of 20"));
  CHECK(mentions(why(std::string("x"), std::uint64_t{12}), "the older checkpoint: "));
  CHECK(mentions(why(std::uint64_t{12}, lab.note(20, 'b')), "the newer checkpoint: it is not signed by a key"));
}

TEST_CASE("checkpoints of a log that was rewritten in between are not proven") {
  ProofLab lab({20, 5});
  ProofLab rewritten({20, 5});
  auto& line = rewritten.lines[7];
  line.replace(line.find("rollback"), 8, "promote!");
  Tree tree;
  rewritten.heads.clear();
  rewritten.heads.push_back(tree.head());
  for (const auto& each : rewritten.lines) {
    tree.add(leaf_hash(each));
    rewritten.heads.push_back(tree.head());
  }
  const auto result = prove_consistency(lab.directory, lab.note(10), rewritten.note(25), ProofLab::key(), lab.files);
  CHECK(mentions(why_not(result), "does not lead from the one root to the other"));
}

TEST_CASE("consistency is proven after retention, without a single record of the old ones") {
  ProofLab lab({20, 20, 5});
  lab.remove_records(0);
  lab.remove_records(1);
  CHECK(holds(proven(prove_consistency(lab.directory, lab.note(12), lab.note(45), ProofLab::key(), lab.files))));
}

TEST_CASE("keys that changed between two checkpoints are both in their proof") {
  ProofLab lab({10});
  auto keys = ProofLab::key('a');
  keys.push_back(ProofLab::key('b')[0]);
  const auto proved = proven(prove_consistency(lab.directory, lab.note(3, 'a'), lab.note(9, 'b'), keys, lab.files));
  CHECK(proved.proof.keys == keys);
  const auto read = parse_proof(to_json(proved.proof)).value();
  CHECK(check_proof(read, keys).signature_fault.empty());
  CHECK(mentions(check_proof(read, ProofLab::key('b')).signature_fault, "the older checkpoint: "));
  CHECK(mentions(check_proof(read, ProofLab::key('a')).signature_fault, "the newer checkpoint: "));
}

}  // namespace canaryd::audit::test
