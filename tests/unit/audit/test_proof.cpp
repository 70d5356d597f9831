#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "audit/format/names.hpp"
#include "proof_lab.hpp"

namespace canaryd::audit::test {

namespace {

const InclusionProof& inclusion(const Proved& proved) { return std::get<InclusionProof>(proved.proof.content); }

}  // namespace

TEST_CASE("every record of a log in several segments is proven by its number") {
  ProofLab lab({4, 7, 3, 5});
  lab.compress(1);
  lab.add_checkpoint(19);
  for (std::uint64_t seq = 0; seq < 19; ++seq) {
    CAPTURE(seq);
    const auto proved = proven(prove_seq(lab.directory, seq, ProofLab::with_key(), lab.files));
    CHECK(holds(proved));
    CHECK(proved.notes.empty());
    REQUIRE(inclusion(proved).records.size() == 1);
    CHECK(inclusion(proved).records[0].line == lab.lines[seq]);
    CHECK(inclusion(proved).checkpoint == lab.note(19));
    CHECK(proved.proof.keys == ProofLab::key());
  }
  CHECK(mentions(why_not(prove_seq(lab.directory, 19, {}, lab.files)), "record 19 is not in it"));
}

TEST_CASE("all records of a decision are proven together, wherever they stand") {
  ProofLab lab({6, 7, 3});
  lab.compress(0);
  lab.add_checkpoint(16);
  for (const std::uint64_t seq : {1U, 4U, 13U}) {
    const auto proved = proven(prove_id(lab.directory, ProofLab::id_of(seq), ProofLab::with_key(), lab.files));
    REQUIRE(inclusion(proved).records.size() == 3);
    for (std::uint64_t i = 0; i < 3; ++i) CHECK(inclusion(proved).records[i].line == lab.lines[seq + i]);
    CHECK(holds(proved));
  }
}

TEST_CASE("the first digits of an id are enough when they are one decision's only") {
  ProofLab lab({40});
  lab.add_checkpoint(40);
  const auto id = ProofLab::id_of(7);
  CHECK(inclusion(proven(prove_id(lab.directory, id.substr(0, 6), {}, lab.files))).records.size() == 3);
  CHECK(mentions(why_not(prove_id(lab.directory, id.substr(0, 5), {}, lab.files)), "no record has the id"));
  CHECK(mentions(why_not(prove_id(lab.directory, "", {}, lab.files)), "no record has the id"));
  CHECK(mentions(why_not(prove_id(lab.directory, "nobody", {}, lab.files)), "no record has the id nobody"));

  ProofLab two({1});
  two.append_line("start", {});
  two.lines.push_back(two.lines.back());
  two.lines.back().replace(two.lines.back().find("eeeeeeee"), 8, "eeeeeeef");
  two.lines.back().replace(two.lines.back().find("\"seq\":1"), 7, "\"seq\":2");
  two.files.put(two.path(segment_name(0)), two.records_of(0));
  CHECK(mentions(why_not(prove_id(two.directory, "eeeeeee", {}, two.files)), "several ids begin with"));
}

TEST_CASE("the newest checkpoint that the key signed is the one to prove by") {
  ProofLab lab({10});
  lab.add_checkpoint(6, 'a');
  lab.add_checkpoint(8, 'b');
  lab.add_checkpoint(9, 'x');
  CHECK(inclusion(proven(prove_seq(lab.directory, 2, ProofLab::with_key('a'), lab.files))).checkpoint == lab.note(6));
  CHECK(inclusion(proven(prove_seq(lab.directory, 2, ProofLab::with_key('b'), lab.files))).checkpoint ==
        lab.note(8, 'b'));
  const auto any = proven(prove_seq(lab.directory, 2, {}, lab.files));
  CHECK(inclusion(any).checkpoint == lab.note(9, 'x'));
  CHECK(any.proof.keys.empty());
  CHECK(mentions(why_not(prove_seq(lab.directory, 2, ProofLab::with_key('z'), lab.files)), "not signed by a key"));
}

TEST_CASE("a checkpoint that was kept elsewhere can be proven by") {
  ProofLab lab({10});
  const ProveOptions options{ProofLab::key(), lab.note(7)};
  CHECK(inclusion(proven(prove_seq(lab.directory, 6, options, lab.files))).checkpoint == lab.note(7));
  CHECK(holds(proven(prove_seq(lab.directory, 6, options, lab.files))));
  CHECK(mentions(why_not(prove_seq(lab.directory, 6, {{}, "no note"}, lab.files)), "the checkpoint that was given: "));
  const ProofLab other({9, 1});
  auto foreign = other.heads[7];
  foreign.root[0] ^= 1;
  CHECK(mentions(
      why_not(prove_seq(lab.directory, 6,
                        {{}, checkpoint_text("other/log", foreign) + "\n" + "\xE2\x80\x94 k AAAAAAAA\n"}, lab.files)),
      "does not lead to the root of the checkpoint of 7 records"));
}

TEST_CASE("a record that no checkpoint covers yet is not proven, and that is said") {
  ProofLab lab({10});
  CHECK(mentions(why_not(prove_seq(lab.directory, 2, {}, lab.files)), "this log has no checkpoints"));
  lab.files.put(lab.path(checkpoints_name), "");
  CHECK(mentions(why_not(prove_seq(lab.directory, 2, {}, lab.files)), "holds no checkpoint yet"));
  lab.add_checkpoint(5);
  CHECK(mentions(why_not(prove_seq(lab.directory, 5, {}, lab.files)),
                 "no checkpoint covers record 5 yet: this one is of the first 5 records"));
  // The records 4, 5 and 6 are one decision's.
  const auto partly = proven(prove_id(lab.directory, ProofLab::id_of(4), {}, lab.files));
  CHECK(inclusion(partly).records.size() == 1);
  REQUIRE(partly.notes.size() == 1);
  CHECK(partly.notes[0] == "no checkpoint covers records 5, 6 yet: this one is of the first 5 records; left out");
}

TEST_CASE("leaf files of closed segments are believed, so that their records need not be read") {
  ProofLab lab({20, 20, 5});
  lab.add_checkpoint(45);
  lab.files.put(lab.path(segment_name(20)), "not even lines");
  CHECK(holds(proven(prove_seq(lab.directory, 3, ProofLab::with_key(), lab.files))));
}

TEST_CASE("leaves that are missing or short are computed from the records") {
  for (const bool compressed : {false, true}) {
    ProofLab lab({20, 20, 5});
    lab.add_checkpoint(45);
    if (compressed) lab.compress(1);
    for (const auto* leaves : {"", "short"}) {
      lab.files.put(lab.path(leaves_name(20)), leaves);
      CHECK(holds(proven(prove_seq(lab.directory, 25, ProofLab::with_key(), lab.files))));
    }
    REQUIRE(lab.files.remove(lab.path(leaves_name(20))));
    CHECK(holds(proven(prove_seq(lab.directory, 25, ProofLab::with_key(), lab.files))));
  }
}

TEST_CASE("the leaf file of the open segment may be anything") {
  ProofLab lab({20, 5});
  lab.add_checkpoint(25);
  for (const auto& leaves : {std::string(), std::string(5 * 32, '\0'), std::string(7, 'x'), std::string(9 * 32, 'y')}) {
    lab.files.put(lab.path(leaves_name(20)), leaves);
    CHECK(holds(proven(prove_seq(lab.directory, 22, ProofLab::with_key(), lab.files))));
  }
}

TEST_CASE("a log in use is proven up to its last whole line") {
  ProofLab lab({20, 5});
  lab.add_checkpoint(25);
  lab.files.put(lab.path(segment_name(20)), lab.records_of(1) + "{\"seq\":25,\"ti");
  CHECK(holds(proven(prove_seq(lab.directory, 24, ProofLab::with_key(), lab.files))));
}

TEST_CASE("records that a later removal stands for are said to be removed and others to be missing") {
  ProofLab lab({20, 20, 20, 5});
  lab.add_checkpoint(60);
  REQUIRE(lab.files.remove(lab.path(segment_name(0))));
  const auto said = [&] { return why_not(prove_seq(lab.directory, 5, {}, lab.files)); };
  CHECK(mentions(said(), "the records 0 to 19 are not here: missing, and no record says why"));
  lab.append_line("removed", {{"first_seq", "20"}, {"last_seq", "39"}, {"since_seq", "0"}, {"why", "age"}});
  CHECK(mentions(said(), "the records 0 to 19 are not here: removed by retention"));
}

TEST_CASE("after retention the other records are proven as before, and what is missing is said") {
  ProofLab lab({20, 20, 20, 5});
  const auto kept_line = lab.lines[7];
  lab.remove_records(0);
  lab.remove_records(1);
  lab.add_checkpoint(lab.lines.size());
  CHECK(holds(proven(prove_seq(lab.directory, 50, ProofLab::with_key(), lab.files))));
  CHECK(mentions(why_not(prove_seq(lab.directory, 25, {}, lab.files)),
                 "record 25 is not in it; the records 20 to 39 are not here: removed by retention (age)"));
  CHECK(mentions(why_not(prove_id(lab.directory, ProofLab::id_of(7), {}, lab.files)),
                 "; the records 0 to 39 are not here: removed by retention (age)"));
  const auto proved = proven(prove_id(lab.directory, ProofLab::id_of(49), {}, lab.files));
  CHECK(proved.notes == std::vector<std::string>{"the records 0 to 39 are not here: removed by retention (age)"});
  SUBCASE("a removed record whose line somebody kept is proven") {
    const auto by_line = proven(prove_line(lab.directory, kept_line, ProofLab::with_key(), lab.files));
    CHECK(inclusion(by_line).records[0].seq == 7);
    CHECK(holds(by_line));
    auto forged = kept_line;
    forged.replace(forged.find("iris"), 4, "wine");
    CHECK(mentions(why_not(prove_line(lab.directory, forged, {}, lab.files)), "does not lead to the root"));
    CHECK(mentions(why_not(prove_line(lab.directory, "not a line", {}, lab.files)), "no record: expected {"));
  }
  SUBCASE("without its leaves nothing can be proven any more") {
    REQUIRE(lab.files.remove(lab.path(leaves_name(20))));
    CHECK(mentions(why_not(prove_seq(lab.directory, 50, {}, lab.files)),
                   "segment-00000000000000000000.leaves is missing or short"));
    lab.files.put(lab.path(leaves_name(20)), "short");
    CHECK(mentions(why_not(prove_seq(lab.directory, 50, {}, lab.files)), "and the records that would tell its hashes"));
  }
}

TEST_CASE("a segment that is missing without a word is not called removed") {
  ProofLab lab({20, 20, 5});
  lab.add_checkpoint(45);
  REQUIRE(lab.files.remove(lab.path(segment_name(0))));
  CHECK(mentions(why_not(prove_seq(lab.directory, 3, {}, lab.files)),
                 "the records 0 to 19 are not here: missing, and no record says why"));
  REQUIRE(lab.files.remove(lab.path(leaves_name(0))));
  CHECK(mentions(why_not(prove_seq(lab.directory, 30, {}, lab.files)), "the segment of record 0 is missing"));
  CHECK(mentions(why_not(prove_seq(lab.directory, 3, {}, lab.files)), "record 3 is not in it"));
}

TEST_CASE("a changed record is not proven") {
  ProofLab lab({20, 5});
  lab.add_checkpoint(25);
  for (const std::uint64_t seq : {7U, 22U}) {
    auto& line = lab.lines[seq];
    line.replace(line.find("rollback"), 8, "promote!");
    lab.files.put(lab.path(segment_name(0)), lab.records_of(0));
    lab.files.put(lab.path(segment_name(20)), lab.records_of(1));
    CHECK(mentions(why_not(prove_seq(lab.directory, seq, {}, lab.files)), "does not lead to the root"));
  }
}

TEST_CASE("lines that are no records are passed over, and told") {
  ProofLab lab({5, 5});
  lab.add_checkpoint(10);
  lab.lines[2] = "rubbish";
  lab.lines[3].replace(lab.lines[3].find("\"seq\":3"), 7, "\"seq\":9");
  lab.files.put(lab.path(segment_name(0)), lab.records_of(0));
  const auto proved = proven(prove_id(lab.directory, ProofLab::id_of(7), ProofLab::with_key(), lab.files));
  CHECK(holds(proved));
  REQUIRE(proved.notes.size() == 2);
  CHECK(mentions(proved.notes[0], "segment-00000000000000000000.jsonl:3: no record in its place: expected {"));
  CHECK(mentions(proved.notes[1], ".jsonl:4: no record in its place: it says of itself that it is record 9"));
  // Its leaf hash is in the leaf file still, but the line is not what was hashed.
  CHECK(mentions(why_not(prove_seq(lab.directory, 3, {}, lab.files)), "record 3 is not in it"));
}

TEST_CASE("a segment of nothing but line ends costs no memory to speak of") {
  ProofLab lab({5, 5});
  lab.add_checkpoint(10);
  lab.files.put(lab.path(segment_name(5)), std::string(1U << 20U, '\n'));
  CHECK(mentions(why_not(prove_seq(lab.directory, 3, {}, lab.files)), "line 1 is too short for a record"));
}

TEST_CASE("a folder without a log proves nothing") {
  MemoryFiles files;
  CHECK(prove_seq("/none", 3, {}, files).error().kind == ErrorKind::not_found);
  CHECK(prove_id("/none", "abcdef", {}, files).error().kind == ErrorKind::not_found);
  CHECK_FALSE(prove_consistency("/none", std::uint64_t{1}, std::uint64_t{2}, {}, files));
}

}  // namespace canaryd::audit::test
