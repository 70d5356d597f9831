#include <doctest/doctest.h>

#include <atomic>
#include <cerrno>

#include "audit/format/compress.hpp"
#include "audit/format/folder.hpp"
#include "audit/format/names.hpp"
#include "canaryd/base/digest.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

const std::string plain = folder + "/" + segment_name(0);
const std::string packed = folder + "/" + compressed_name(0);
const std::string partial = packed + ".partial";

std::string records() {
  std::string text;
  for (int i = 0; i < 5000; ++i)
    text += R"({"seq":)" + std::to_string(i) +
            R"(,"kind":"decision","message":"Held."})"
            "\n";
  return text;
}

// A disk that takes what is written to a new file, says that it is synced, and has something else.
class Forgetful final : public Files {
 public:
  Forgetful(MemoryFiles& files, std::string instead) : files_(files), instead_(std::move(instead)) {}
  Status make_directory(const std::string& path) override { return files_.make_directory(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override { return files_.list(directory); }
  Result<std::unique_ptr<File>> open_append(const std::string& path) override { return files_.open_append(path); }
  Result<std::unique_ptr<File>> open_write_new(const std::string& path) override { return files_.open_write_new(path); }
  Result<std::unique_ptr<Reader>> open_read(const std::string& path) override {
    if (path == partial) files_.put(path, instead_);
    return files_.open_read(path);
  }
  Status remove(const std::string& path) override { return files_.remove(path); }
  Status rename(const std::string& from, const std::string& to) override { return files_.rename(from, to); }
  Status sync_directory(const std::string& path) override { return files_.sync_directory(path); }
  Result<Space> space(const std::string& path) override { return files_.space(path); }
  Result<std::unique_ptr<File>> lock(const std::string& path) override { return files_.lock(path); }

 private:
  MemoryFiles& files_;
  std::string instead_;
};

struct Bench : Lab {
  const std::string text = records();
  const std::atomic<bool> go_on{false};

  Bench() {
    REQUIRE(files.make_directory(folder));
    files.put(plain, text);
  }
  Status compress() { return compress_segment(folder, 0, sha256_hex(text), files, go_on); }
  std::string unpacked() {
    auto reader = open_records(folder, {0, compressed_name(0), true, ""}, files);
    REQUIRE(reader);
    const auto size = (*reader)->size();
    REQUIRE(size);
    const auto bytes = (*reader)->read(0, *size + 1);
    REQUIRE(bytes);
    return *bytes;
  }
  // The records can be read whole, in whichever form counts.
  bool readable() {
    const auto segments = list_segments(folder, files);
    if (!segments) return false;
    auto reader = open_records(folder, segments->front(), files);
    if (!reader) return false;
    const auto bytes = (*reader)->read(0, text.size() + 1);
    return bytes && *bytes == text;
  }
};

}  // namespace

TEST_CASE("a compressed segment holds the same bytes and replaces the plain one") {
  Bench bench;
  REQUIRE(bench.compress());
  CHECK(!bench.files.exists(plain));
  CHECK(!bench.files.exists(partial));
  CHECK(bench.unpacked() == bench.text);
  CHECK(bench.files.content(packed).size() < bench.text.size() / 10);
}

TEST_CASE("an empty segment can be compressed") {
  Bench bench;
  bench.files.put(plain, "");
  REQUIRE(compress_segment(folder, 0, sha256_hex(""), bench.files, bench.go_on));
  CHECK(bench.unpacked().empty());
}

TEST_CASE("after a crash or power loss at any step the records are there and the next try completes it") {
  for (const auto lost : {Lost::nothing, Lost::all, Lost::second_half, Lost::first_half}) {
    bool done = false;
    for (int at = 1; !done; ++at) {
      REQUIRE(at < 100);
      Bench bench;
      bench.files.crash_at(at);
      done = bench.compress().has_value();
      bench.files.restart(lost);
      INFO("crash at " << at);
      CHECK(bench.readable());
      if (bench.files.exists(plain)) REQUIRE(bench.compress());
      CHECK(bench.unpacked() == bench.text);
      CHECK(!bench.files.exists(plain));
      CHECK(!bench.files.exists(partial));
    }
  }
}

TEST_CASE("a failure of any operation leaves the plain file and is made good later") {
  for (const auto op : {Op::append, Op::sync, Op::open, Op::rename, Op::sync_directory}) {
    Bench bench;
    bench.files.fail(op, 1, EIO);
    CHECK(!bench.compress());
    CHECK(bench.readable());
    CHECK(!bench.files.exists(partial));
    REQUIRE(bench.compress());
    CHECK(bench.unpacked() == bench.text);
  }
}

TEST_CASE("a plain file that is not what the log closed is left alone") {
  Bench bench;
  auto changed = bench.text;
  changed[100] = 'X';
  bench.files.put(plain, changed);
  const auto done = bench.compress();
  REQUIRE(!done);
  CHECK(done.error().kind == ErrorKind::invalid);
  CHECK(bench.files.content(plain) == changed);
  CHECK(!bench.files.exists(packed));
  CHECK(!bench.files.exists(partial));
}

TEST_CASE("a compressed file beside the plain one is trusted only when it holds the same") {
  Bench bench;
  bench.files.put(packed, "no zstd at all");
  REQUIRE(bench.compress());
  CHECK(bench.unpacked() == bench.text);
  const auto good = bench.files.content(packed);
  bench.files.put(plain, bench.text);
  const int writes = bench.files.count(Op::append);
  REQUIRE(bench.compress());
  CHECK(!bench.files.exists(plain));
  CHECK(bench.files.content(packed) == good);
  CHECK(bench.files.count(Op::append) == writes);
}

TEST_CASE("a compressed file that the disk gives back otherwise does not replace the plain one") {
  Bench bench;
  Bench other;
  other.files.put(plain, "another segment\n");
  REQUIRE(compress_segment(folder, 0, sha256_hex("another segment\n"), other.files, other.go_on));
  Forgetful files(bench.files, other.files.content(packed));
  const auto done = compress_segment(folder, 0, sha256_hex(bench.text), files, bench.go_on);
  REQUIRE(!done);
  CHECK(bench.files.content(plain) == bench.text);
  CHECK(!bench.files.exists(packed));
}

TEST_CASE("a full disk leaves the plain file and no half of a compressed one") {
  Bench bench;
  bench.files.set_free(100);
  CHECK(!bench.compress());
  CHECK(bench.readable());
  CHECK(!bench.files.exists(partial));
}

TEST_CASE("a stop ends the compression and leaves the plain file") {
  Bench bench;
  const std::atomic<bool> stopping{true};
  const auto done = compress_segment(folder, 0, sha256_hex(bench.text), bench.files, stopping);
  REQUIRE(!done);
  CHECK(done.error().kind == ErrorKind::cancelled);
  CHECK(bench.readable());
}
