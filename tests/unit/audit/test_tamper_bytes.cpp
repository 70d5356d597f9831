#include <doctest/doctest.h>

#include <functional>

#include "audit/format/names.hpp"
#include "tamper.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

struct Change {
  const char* name;
  std::function<std::string(const std::string&, std::size_t)> make;
};

const std::vector<Change>& changes() {
  static const std::vector<Change> all{
      {"changed",
       [](std::string bytes, std::size_t at) {
         bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << (at % 8)));
         return bytes;
       }},
      {"deleted", [](std::string bytes, std::size_t at) { return bytes.erase(at, 1); }},
      {"doubled", [](std::string bytes, std::size_t at) { return bytes.insert(at, 1, bytes[at]); }},
      {"put in", [](std::string bytes, std::size_t at) { return bytes.insert(at, 1, at % 2 == 0 ? '\n' : 'x'); }}};
  return all;
}

// The key is asked about the checkpoints only: two signatures each, for every byte.
void every_byte(const LogBuilder& log, const std::string& file,
                const std::function<bool(const Verdict&, const char*, std::size_t)>& expected) {
  const Bench bench(log);
  const auto& content = log.files().at(file);
  std::size_t found = 0;
  for (const auto& change : changes()) {
    for (std::size_t at = 0; at < content.size(); ++at) {
      auto list = log.files();
      list[file] = change.make(content, at);
      if (list[file] == content) continue;
      const auto verdict = file == checkpoints_name ? bench.judge(list) : judged(list);
      if (!verdict.intact && fault_names(verdict, file)) ++found;
      if (expected(verdict, change.name, at)) continue;
      INFO(to_text(verdict));
      CAPTURE(file);
      CAPTURE(std::string(change.name));
      CAPTURE(at);
      FAIL("not found where it is");
    }
  }
  MESSAGE(file << ": " << content.size() << " bytes, found as a fault " << found << " of "
               << content.size() * changes().size());
  CHECK(found > 0);
}

}  // namespace

TEST_CASE("every byte of a plain closed segment is found in its line") {
  auto log = small_rotated_log();
  const auto file = segment_name(3);
  const auto content = log.files().at(file);
  every_byte(log, file, [&](const Verdict& verdict, const char*, std::size_t at) {
    const auto line = line_of(content, at);
    const auto last = line_of(content, content.size() - 1);
    if (line_is_named(verdict, file, line)) return true;
    return line == last && (line_is_named(verdict, segment_name(6), 1) || fault_names(verdict, file));
  });
}

TEST_CASE("every byte of the open segment is found or noted") {
  const auto log = small_rotated_log();
  const auto file = segment_name(6);
  const auto content = log.files().at(file);
  every_byte(log, file, [&](const Verdict& verdict, const char* change, std::size_t at) {
    if (line_is_named(verdict, file, line_of(content, at)) || fault_names(verdict, file)) return true;
    // The last line end gone, or something behind it, is a line that is not finished: a log in use.
    CAPTURE(change);
    return at + 1 == content.size() && note_names(verdict, file);
  });
}

TEST_CASE("every byte of a compressed segment is found or does not matter to what it holds") {
  const auto log = small_rotated_log();
  const auto file = compressed_name(0);
  const auto head = judged(log.files()).head;
  std::size_t without_meaning = 0;
  every_byte(log, file, [&](const Verdict& verdict, const char*, std::size_t) {
    if (!verdict.intact) return fault_names(verdict, file);
    // A few bits of a zstd frame mean nothing: the same records come out of it.
    return verdict.head == head && ++without_meaning < 10;
  });
  MESSAGE("changes that mean nothing: " << without_meaning);
}

TEST_CASE("every byte of the leaf hashes of closed segments is found at its place") {
  const auto log = small_rotated_log();
  for (const auto first : {0U, 3U}) {
    const auto file = leaves_name(first);
    every_byte(log, file, [&](const Verdict& verdict, const char* change, std::size_t at) {
      if (std::string(change) != "changed") return !verdict.intact && fault_names(verdict, file);
      return std::any_of(verdict.faults.begin(), verdict.faults.end(), [&](const Fault& fault) {
        return fault.file == file && fault.byte <= at && at < fault.byte + 32;
      });
    });
  }
}

TEST_CASE("every byte of the leaf hashes of the open segment is found or is what a crash may leave") {
  const auto log = small_rotated_log();
  const auto file = leaves_name(6);
  const auto size = log.files().at(file).size();
  every_byte(log, file, [&](const Verdict& verdict, const char*, std::size_t at) {
    return fault_names(verdict, file) || note_names(verdict, file) || at + 32 >= size;
  });
}

TEST_CASE("every byte of the checkpoints is found in its note") {
  const auto log = small_rotated_log();
  const std::string file = checkpoints_name;
  const auto content = log.files().at(file);
  const auto last_note = content.rfind("canaryd/", content.rfind("\n\n", content.size() - 3));
  every_byte(log, file, [&](const Verdict& verdict, const char* change, std::size_t at) {
    if (fault_names(verdict, file)) return true;
    // The end of the last note gone is a checkpoint that is being written.
    CAPTURE(change);
    return at >= last_note - 1 && note_names(verdict, file);
  });
}

TEST_CASE("every byte of the public key is found") {
  const auto log = small_rotated_log();
  const Bench bench(log);
  std::size_t same = 0;
  for (const auto& change : changes()) {
    for (std::size_t at = 0; at < bench.key().size(); ++at) {
      const auto key = change.make(bench.key(), at);
      const auto verdict = bench.judge(log.files(), key);
      if (!verdict) {
        CHECK(says(verdict.error().message, key_file));
        continue;
      }
      if (!verdict->intact) {
        CHECK(verdict->signatures.state == State::broken);
        continue;
      }
      ++same;  // it is written in another way and is the same key
      CAPTURE(std::string(change.name));
      CAPTURE(at);
      const auto read = parse_public_keys(key, key_file);
      REQUIRE(read);
      const bool is_same = (*read)[0] == log.key().public_key();
      CHECK(is_same);
    }
  }
  MESSAGE("ways to write the same key: " << same);
}
