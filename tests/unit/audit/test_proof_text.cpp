#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "proof_lab.hpp"

namespace canaryd::audit::test {

namespace {

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

std::string why_not(const std::string& text) {
  const auto proof = parse_proof(text);
  return proof ? "it was read" : proof.error().message;
}

Proof inclusion_proof() {
  ProofLab lab({8, 5});
  lab.add_checkpoint(13);
  return prove_id(lab.directory, ProofLab::id_of(7), ProofLab::with_key(), lab.files).value().proof;
}

Proof consistency_proof() {
  ProofLab lab({8, 5});
  return prove_consistency(lab.directory, lab.note(6), lab.note(13), ProofLab::key(), lab.files).value().proof;
}

InclusionProof& inclusion(Proof& proof) { return std::get<InclusionProof>(proof.content); }
ConsistencyProof& consistency(Proof& proof) { return std::get<ConsistencyProof>(proof.content); }

// What is wrong with a proof that was changed in one way.
ProofVerdict changed(Proof proof, const std::function<void(Proof&)>& change) {
  change(proof);
  return check_proof(proof, ProofLab::key());
}

}  // namespace

TEST_CASE("a proof that was not changed is good, and tells when it was signed") {
  for (const auto& proof : {inclusion_proof(), consistency_proof()}) {
    const auto verdict = check_proof(proof, ProofLab::key());
    CHECK(is_good(verdict));
    CHECK(verdict.timestamp == 1785585600);
    CHECK(mentions(check_proof(proof, ProofLab::key('z')).signature_fault, "not signed by a key that is known here"));
    CHECK(mentions(check_proof(proof, {}).signature_fault, "not signed by a key that is known here"));
  }
}

TEST_CASE("a proof is written as text and read as the same") {
  for (const auto& proof : {inclusion_proof(), consistency_proof()}) {
    const auto text = to_json(proof);
    CHECK(text.starts_with("{\n  \"format\": 1,\n  \"proof\": \""));
    const auto read = parse_proof(text);
    REQUIRE(read);
    CHECK(to_json(*read) == text);
  }
}

TEST_CASE("whatever is changed in an inclusion proof is seen") {
  const auto proof = inclusion_proof();
  const std::string wrong_path = "the path does not lead to the root of the checkpoint";
  const auto path_fault = [&](const std::function<void(Proof&)>& change) { return changed(proof, change).path_fault; };
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(mentions(path_fault([&](Proof& p) { inclusion(p).records[i].line[200] ^= 1; }), "record "));
    CHECK(mentions(path_fault([&](Proof& p) { inclusion(p).records[i].path.pop_back(); }), wrong_path));
    CHECK(mentions(path_fault([&](Proof& p) { inclusion(p).records[i].path.emplace_back(); }), wrong_path));
    for (auto hash = inclusion(const_cast<Proof&>(proof)).records[i].path.size(); hash-- > 0;) {
      CHECK(mentions(path_fault([&](Proof& p) { inclusion(p).records[i].path[hash][5] ^= 4; }), wrong_path));
    }
  }
  CHECK(mentions(path_fault([](Proof& p) { inclusion(p).records[1].seq = 3; }), "says of itself that it is record 8"));
  CHECK(mentions(path_fault([](Proof& p) { inclusion(p).records[1].line = "{}"; }), "is no record of canaryd"));
  CHECK(mentions(path_fault([](Proof& p) { inclusion(p).records[1].line += '\xFF'; }), "expected UTF-8"));
  const auto smaller = changed(proof, [](Proof& p) {
    auto& note = inclusion(p).checkpoint;
    note = replaced(note, "\n13\n", "\n12\n");
  });
  CHECK(mentions(smaller.signature_fault, "the checkpoint: the signature of key"));
  const auto no_note = changed(proof, [](Proof& p) { inclusion(p).checkpoint = "x"; });
  CHECK(mentions(no_note.signature_fault, "the checkpoint: a signed note"));
  CHECK_FALSE(no_note.path_checked);
}

TEST_CASE("the first record must have begun the log of the checkpoint") {
  ProofLab lab({3});
  const auto text = checkpoint_text("canaryd/" + std::string(32, '7'), lab.heads[3]);
  const auto note = text + "\n\xE2\x80\x94 k AAAAAAAA\n";
  const auto proof = prove_seq(lab.directory, 0, {{}, note}, lab.files).value().proof;
  CHECK(mentions(check_proof(proof, {}).path_fault, "record 0 began another log"));
}

TEST_CASE("whatever is changed in a consistency proof is seen") {
  const auto proof = consistency_proof();
  const std::string wrong_path = "the path does not lead from the one root to the other";
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK(changed(proof, [&](Proof& p) { consistency(p).path.at(i)[31] ^= 1; }).path_fault == wrong_path);
  }
  CHECK(changed(proof, [](Proof& p) { consistency(p).path.pop_back(); }).path_fault == wrong_path);
  CHECK(changed(proof, [](Proof& p) { std::swap(consistency(p).from, consistency(p).to); }).path_fault == wrong_path);
  CHECK(
      mentions(changed(proof, [](Proof& p) { consistency(p).from.clear(); }).signature_fault, "the older checkpoint"));
  const auto other_log = changed(proof, [](Proof& p) {
    auto& note = consistency(p).to;
    note = replaced(note, "canaryd/", "others/");
  });
  CHECK(other_log.path_fault == "the checkpoints are of different logs");
  CHECK(mentions(other_log.signature_fault, "the newer checkpoint: "));
}

TEST_CASE("a proof in another form is refused with the reason") {
  const auto text = to_json(inclusion_proof());
  const auto two = to_json(consistency_proof());
  CHECK(why_not(text) == "it was read");
  CHECK(mentions(why_not(""), "a proof: not JSON, at byte"));
  CHECK(mentions(why_not(text + "x"), "not JSON, at byte"));
  CHECK(mentions(why_not(text.substr(0, text.size() / 2)), "not JSON, at byte"));
  CHECK(mentions(why_not("7"), "expected no number"));
  CHECK(mentions(why_not("[]"), "expected no list"));
  CHECK(mentions(why_not("{}"), "expected inclusion or consistency"));
  CHECK(mentions(why_not(replaced(text, "\"format\": 1", "\"format\": 2")), "expected 1 as \"format\", got 2"));
  CHECK(mentions(why_not(replaced(text, "\"format\": 1", "\"format\": \"1\"")), "expected no text in \"format\""));
  CHECK(mentions(why_not(replaced(text, "\"format\": 1,", "")), "expected 1 as \"format\""));
  CHECK(mentions(why_not(replaced(text, "\"format\"", "\"proof\": \"inclusion\", \"format\"")), "\"proof\" twice"));
  CHECK(mentions(why_not(replaced(text, "\"inclusion\"", "\"consistency\"")), "expected a member \"from\""));
  CHECK(mentions(why_not(replaced(two, "\"consistency\"", "\"inclusion\"")), "expected a member \"checkpoint\""));
  CHECK(mentions(why_not(replaced(text, "\"checkpoint\"", "\"from\": \"\", \"checkpoint\"")), "does not have: from"));
  CHECK(mentions(why_not(replaced(text, "\"format\"", "\"other\": 1, \"format\"")), "no proof has: \"other\""));
  CHECK(mentions(why_not(replaced(text, "\"seq\": 7", "\"seq\": -7")), "no negative number in \"records[].seq\""));
  CHECK(mentions(why_not(replaced(text, "\"seq\": 7", "\"seq\": 7.0")), "no number with a fraction"));
  CHECK(mentions(why_not(replaced(text, "\"seq\": 7", "\"seq\": null")), "expected no null"));
  CHECK(mentions(why_not(replaced(text, "\"seq\": 7", "\"seq\": true")), "expected no true or false"));
  CHECK(mentions(why_not(replaced(text, "\"seq\": 7,", "")), "expected a member \"seq\""));
  CHECK(mentions(why_not(replaced(text, "\"seq\": 7", "\"seq\": {}")), "expected no object in \"records[].seq\""));
  CHECK(mentions(why_not(replaced(text, "\"path\": [", "\"path\": [[")), "expected no list in \"records[].path[]\""));
  CHECK(mentions(why_not(replaced(text, "\"path\": [", "\"path\": [\"AAAA\",")), "expected base64 of 32 bytes"));
  CHECK(mentions(why_not(replaced(text, "BEGIN PUBLIC", "BEGIN PRIVATE")), "\"public_keys\": a private key"));
  CHECK(mentions(why_not(R"({"format":1,"proof":"inclusion","records":[],"checkpoint":"","public_keys":[]})"),
                 "expected a record in \"records\""));
  CHECK(mentions(why_not(R"({"records":[{"seq":1,"record":"","path":[],"extra":1}]})"), "no proof has"));
}

TEST_CASE("a hostile proof costs no more than its own bytes") {
  const std::size_t many = 200000;
  std::string deep = R"({"records":)";
  for (std::size_t i = 0; i < many; ++i) deep += R"([{"path":)";
  CHECK_FALSE(parse_proof(deep));
  CHECK_FALSE(parse_proof(std::string(many, '[')));
  CHECK_FALSE(parse_proof(std::string(many, '{')));
  const std::string hash = "\"" + std::string(43, 'A') + "=\"";
  std::string longest = R"({"path":[)" + hash;
  for (std::size_t i = 0; i < many; ++i) longest += "," + hash;
  CHECK(mentions(why_not(longest + "]}"), "a longer path than any log has"));
}

}  // namespace canaryd::audit::test
