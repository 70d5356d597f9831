#include <doctest/doctest.h>

#include <cerrno>
#include <vector>

#include "audit/format/checkpoint_file.hpp"
#include "audit/format/names.hpp"
#include "audit/log/checkpoint_writer.hpp"
#include "lab.hpp"

using namespace canaryd::audit;
using namespace canaryd::audit::test;
using canaryd::ErrorKind;
using canaryd::Status;

namespace {

const std::string checkpoints = folder + "/checkpoints.log";
const std::string name = "canaryd/" + std::string(32, 'a');

struct Bench : Lab {
  std::vector<SigningKey> keys;
  CheckpointWriter file{folder, files};

  Bench() {
    keys.push_back(SigningKey::generate().value());
    REQUIRE(files.make_directory(folder));
  }
  std::string note(std::uint64_t size) { return sign_checkpoint(name, {size, Hash{}}, keys, clock.now()); }
  NewestCheckpoint found() {
    auto found = newest_checkpoint(folder, files, {keys.front().public_key()});
    REQUIRE(found);
    return std::move(*found);
  }
  std::uint64_t newest() {
    const auto checkpoint = found().checkpoint;
    return checkpoint ? checkpoint->head.size : 0;
  }
  Status append(std::uint64_t size) { return file.append(note(size), 7); }
};

struct Seen {
  std::vector<std::uint64_t> offsets;
  std::vector<std::uint64_t> lines;
  std::vector<std::string> notes;
  CheckpointsEnd end;
};

Seen all_of(Files& files) {
  Seen seen;
  auto file = files.open_read(checkpoints);
  REQUIRE(file);
  const auto end = for_each_checkpoint(**file, [&](std::uint64_t offset, std::uint64_t line, std::string_view note) {
    seen.offsets.push_back(offset);
    seen.lines.push_back(line);
    seen.notes.emplace_back(note);
    return true;
  });
  REQUIRE(end);
  seen.end = *end;
  return seen;
}

}  // namespace

TEST_CASE("notes are read back as they were written, each with its place") {
  Bench bench;
  const std::vector<std::string> notes{bench.note(1), bench.note(7), bench.note(8)};
  for (const auto& note : notes) REQUIRE(bench.file.append(note, 7));
  const auto seen = all_of(bench.files);
  CHECK(seen.notes == notes);
  CHECK(seen.offsets == std::vector<std::uint64_t>{0, notes[0].size() + 1, notes[0].size() + notes[1].size() + 2});
  CHECK(seen.lines == std::vector<std::uint64_t>{1, 8, 15});
  CHECK(seen.end.left == 0);
  CHECK(seen.end.offset == bench.files.content(checkpoints).size());
  CHECK(seen.end.line == 22);
  CHECK(bench.newest() == 8);
}

TEST_CASE("a folder without checkpoints has no newest one") {
  Bench bench;
  CHECK(bench.newest() == 0);
  bench.files.put(checkpoints, "");
  CHECK(bench.newest() == 0);
  CHECK(all_of(bench.files).notes.empty());
}

TEST_CASE("the newest of many checkpoints is found without reading all of them") {
  Bench bench;
  std::string text;
  for (std::uint64_t size = 1; size <= 2000; ++size) text += bench.note(size) + '\n';
  bench.files.put(checkpoints, text);
  CHECK(bench.newest() == 2000);
  CHECK(bench.files.longest_read() < text.size() / 4);
  CHECK(all_of(bench.files).notes.size() == 2000);
}

TEST_CASE("a note that was torn at any byte is cut and the ones before it stay") {
  Bench bench;
  const std::string whole = bench.note(1) + '\n';
  const std::string last = bench.note(2) + '\n';
  for (std::size_t length = 0; length < last.size(); ++length) {
    bench.files.put(checkpoints, whole + last.substr(0, length));
    CHECK(bench.newest() == 1);
    CheckpointWriter file(folder, bench.files);
    const auto next = bench.note(3);
    REQUIRE(file.append(next, length));
    CHECK(bench.files.content(checkpoints) == whole + next + '\n');
    const auto cut = file.take_cut();
    REQUIRE(cut.has_value() == (length > 0));
    if (!cut) continue;
    CHECK(cut->bytes == length);
    CHECK(cut->file == torn_name(length, 1));
    CHECK_MESSAGE(bench.files.content(path_in(folder, cut->file)) == last.substr(0, length), "nothing is lost");
    CHECK_FALSE(file.take_cut());
  }
}

TEST_CASE("a torn end of zeros is cut in a long file too") {
  Bench bench;
  std::string text;
  for (std::uint64_t size = 1; size <= 500; ++size) text += bench.note(size) + '\n';
  bench.files.put(checkpoints, text + std::string(700, '\0'));
  CHECK(bench.newest() == 500);
  REQUIRE(bench.append(501));
  CHECK(bench.file.take_cut()->bytes == 700);
  CHECK(bench.newest() == 501);
}

TEST_CASE("checkpoints before a long stretch of rubbish are found") {
  Bench bench;
  bench.files.put(checkpoints, bench.note(3) + '\n' + std::string(200'000, 'x'));
  CHECK(bench.newest() == 3);
  const auto seen = all_of(bench.files);
  CHECK(seen.notes.size() == 1);
  CHECK(seen.end.left == 200'000);
  CHECK(bench.files.longest_read() < 100'000);
}

TEST_CASE("what stands between empty lines and is no checkpoint is not the newest one") {
  Bench bench;
  std::string rubbish;
  for (int i = 0; i < 3000; ++i) rubbish += "an editor\nwas here\n\n\xE2\x80\x94 nobody AAAA\n\n";
  bench.files.put(checkpoints, bench.note(3) + '\n' + rubbish);
  CHECK(bench.newest() == 3);
}

TEST_CASE("a failed write leaves no half note behind the next one") {
  Bench bench;
  REQUIRE(bench.append(1));
  for (const Op op : {Op::append, Op::sync}) {
    bench.files.fail(op, 1, EIO);
    CHECK(!bench.append(2));
    REQUIRE(bench.append(3));
    const auto seen = all_of(bench.files);
    CHECK(seen.end.left == 0);
    CHECK(parse_checkpoint(seen.notes.back())->head.size == 3);
  }
}

TEST_CASE("a checkpoint that was acknowledged outlives a power loss and its name does too") {
  Bench bench;
  REQUIRE(bench.append(1));
  REQUIRE(bench.append(2));
  bench.files.restart(Lost::all);
  CHECK(bench.newest() == 2);
}

TEST_CASE("a file that others moved away or wrote to fails once and is gone on with") {
  Bench bench;
  REQUIRE(bench.append(1));
  bench.files.put(checkpoints, bench.files.content(checkpoints) + "half a note");
  CHECK(bench.append(2).error().kind == ErrorKind::io);
  REQUIRE(bench.append(3));
  CHECK(all_of(bench.files).notes.size() == 2);
  bench.files.take_away(checkpoints);
  CHECK(bench.append(4).error().kind == ErrorKind::io);
  REQUIRE(bench.append(5));
  CHECK(bench.newest() == 5);
}

TEST_CASE("a note of which one character is another is passed over for the newest that was signed") {
  Bench bench;
  const std::string before = bench.note(8) + '\n';
  const std::string last = bench.note(12);
  for (std::size_t at = 0; at < last.size(); ++at) {
    auto changed = last;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CAPTURE(changed);
    bench.files.put(checkpoints, before + changed + '\n');
    const auto found = bench.found();
    REQUIRE(found.checkpoint);
    CHECK(found.checkpoint->head.size == 8);
    // Without its last line end, or the empty line, it is no whole note any more, as a crash leaves it.
    CHECK((!found.doubt.empty() || last[at] == '\n'));
  }
}

TEST_CASE("when all keys are others than those that signed the newest note is gone by all the same") {
  Bench bench;
  bench.files.put(checkpoints, bench.note(8) + '\n' + bench.note(12) + '\n');
  bench.keys.clear();
  bench.keys.push_back(SigningKey::generate().value());
  CHECK(bench.newest() == 12);
  CHECK(bench.found().doubt == "it is not signed by a key that is known here");
  REQUIRE(bench.append(13));
  CHECK(bench.newest() == 13);
  CHECK(bench.found().doubt.empty());
}

TEST_CASE("a note that says a known key signed it and was not is gone by never") {
  Bench bench;
  auto changed = bench.note(12);
  changed.replace(changed.find("\n12\n"), 4, "\n13\n");
  bench.files.put(checkpoints, changed + '\n');
  CHECK_FALSE(bench.found().checkpoint);
  CHECK(bench.found().doubt.find("is wrong") != std::string::npos);
}
