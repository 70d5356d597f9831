#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "real_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using test::bytes_of;
using test::decision;
using test::RealLab;

namespace fs = std::filesystem;

namespace {

// A log of two records on a real disk that somebody lays hands on.
struct TouchedLab : RealLab {
  std::unique_ptr<AuditLog> log;
  std::string before;
  std::string aside = temp / "aside";

  TouchedLab() {
    auto opened = open();
    REQUIRE(opened);
    log = std::move(*opened);
    REQUIRE(log->append(decision("a")));
    before = bytes_of(segment());
  }
  void write(const std::string& bytes) const { std::ofstream(segment(), std::ios::binary) << bytes; }
  void replace_by(const std::string& bytes) const {
    std::ofstream(aside, std::ios::binary) << bytes;
    fs::rename(aside, segment());
  }
  std::string refusal() const {
    const auto refused = log->append(decision("refused"));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == ErrorKind::io);
    CHECK_FALSE(log->writable());
    return refused.error().message;
  }
};

struct Touch {
  const char* name;
  std::function<void(TouchedLab&)> does;
  std::string says;  // the first error
};

const std::string gone = "was moved, deleted or unmounted";

// After these, records that were acknowledged are not there any more.
std::vector<Touch> losses() {
  return {
      {"deleted", [](TouchedLab& lab) { fs::remove(lab.segment()); }, gone},
      {"folder renamed", [](TouchedLab& lab) { fs::rename(lab.folder, lab.aside); }, gone},
      {"folder replaced",
       [](TouchedLab& lab) {
         fs::rename(lab.folder, lab.aside);
         fs::create_directory(lab.folder);
       },
       gone},
      {"replaced by a changed copy", [](TouchedLab& lab) { lab.replace_by("x" + lab.before); }, "was replaced"},
      {"cut to 0", [](TouchedLab& lab) { fs::resize_file(lab.segment(), 0); }, "it has 0 bytes"},
      {"cut by 10", [](TouchedLab& lab) { fs::resize_file(lab.segment(), lab.before.size() - 10); }, "was changed"},
  };
}

}  // namespace

TEST_CASE("an append notices that the log was taken away and nothing is acknowledged any more") {
  for (const auto& touch : losses()) {
    CAPTURE(touch.name);
    TouchedLab lab;
    touch.does(lab);
    CHECK(lab.refusal().find(touch.says) != std::string::npos);
    for (int i = 0; i < 3; ++i) CHECK_FALSE(lab.refusal().empty());  // the reopening is refused each time
    CHECK(lab.log->check().error().message.find(touch.says) != std::string::npos);
    if (fs::exists(lab.segment())) CHECK(bytes_of(lab.segment()).find("refused") == std::string::npos);
  }
}

TEST_CASE("a log that was deleted or moved is not begun anew in its place") {
  TouchedLab lab;
  SUBCASE("deleted") { fs::remove(lab.segment()); }
  SUBCASE("moved") { fs::rename(lab.segment(), lab.aside); }
  CHECK_FALSE(lab.refusal().empty());
  CHECK(lab.refusal().find("No such file") != std::string::npos);
  CHECK_FALSE(fs::exists(lab.segment()));
}

TEST_CASE("a log that was put back goes on where it was") {
  for (const auto& touch : losses()) {
    CAPTURE(touch.name);
    TouchedLab lab;
    touch.does(lab);
    CHECK_FALSE(lab.refusal().empty());
    CHECK_FALSE(lab.refusal().empty());
    if (fs::is_directory(lab.aside)) {
      fs::remove_all(lab.folder);
      fs::rename(lab.aside, lab.folder);
    } else {
      lab.write(lab.before);
    }
    REQUIRE(lab.log->append(decision("b")));
    CHECK(lab.log->writable());
    const auto verdict = verify(lab.folder);
    CHECK(verdict->intact);
    CHECK(verdict->records == 3);
  }
}

TEST_CASE("a log that was replaced by its own copy goes on in the copy") {
  TouchedLab lab;
  lab.replace_by(lab.before);
  CHECK(lab.refusal().find("was replaced") != std::string::npos);
  REQUIRE(lab.log->append(decision("b")));
  CHECK(bytes_of(lab.segment()).find("\"id\":\"b\"") != std::string::npos);
  CHECK(verify(lab.folder)->intact);
}

TEST_CASE("what somebody else appended is cut off and kept and recorded") {
  TouchedLab lab;
  std::ofstream(lab.segment(), std::ios::app) << "garbage\n";
  CHECK(lab.refusal().find("something else than canaryd") != std::string::npos);
  REQUIRE(lab.log->append(decision("b")));
  const std::string torn = "torn-00000000000000000002.bin";
  CHECK(bytes_of(lab.folder + "/" + torn) == "garbage\n");
  const auto lines = test::split(bytes_of(lab.segment()));
  REQUIRE(lines.size() == 4);
  CHECK(lines[2].find("\"event\":\"recovered\"") != std::string::npos);
  CHECK(lines[2].find("\"file\":\"" + torn + "\"") != std::string::npos);
  const auto verdict = verify(lab.folder);
  CHECK(verdict->intact);
  REQUIRE(verdict->notes.size() == 1);
  CHECK(verdict->notes[0].find("8 bytes were cut and kept in " + torn) != std::string::npos);
  lab.log.reset();
  REQUIRE(lab.open());
  CHECK(verify(lab.folder)->records == 4);  // no second record for it
}

TEST_CASE("a look at a log that nobody appends to tells that it was touched") {
  for (const auto& touch : losses()) {
    CAPTURE(touch.name);
    TouchedLab lab;
    CHECK(lab.log->check());
    CHECK(lab.log->writable());
    touch.does(lab);
    const auto looked = lab.log->check();
    REQUIRE_FALSE(looked);
    CHECK(looked.error().message.find(touch.says) != std::string::npos);
    CHECK_FALSE(lab.log->writable());
    CHECK(lab.metrics.text().find("\ncanaryd_audit_writable 0") != std::string::npos);
  }
}

namespace {

// Deletes the segment in the moment of its fdatasync.
class Deleting final : public File {
 public:
  Deleting(std::unique_ptr<File> file, std::string path, const bool& armed)
      : file_(std::move(file)), path_(std::move(path)), armed_(armed) {}
  Result<std::uint64_t> size() override { return file_->size(); }
  Result<std::string> read(std::uint64_t offset, std::size_t length) override { return file_->read(offset, length); }
  Status append(std::string_view bytes) override { return file_->append(bytes); }
  Status sync() override {
    if (armed_) fs::remove(path_);
    return file_->sync();
  }
  Status truncate(std::uint64_t size) override { return file_->truncate(size); }
  Status reserve(std::uint64_t bytes) override { return file_->reserve(bytes); }
  Status still_at(const std::string& path, std::uint64_t size) override { return file_->still_at(path, size); }

 private:
  std::unique_ptr<File> file_;
  std::string path_;
  const bool& armed_;
};

class DeletingFiles final : public Files {
 public:
  bool armed = false;
  Status make_directory(const std::string& path) override { return files_->make_directory(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override { return files_->list(directory); }
  Result<std::unique_ptr<File>> open_append(const std::string& path) override {
    auto file = files_->open_append(path);
    if (!file) return fail(file.error());
    return std::make_unique<Deleting>(std::move(*file), path, armed);
  }
  Result<std::unique_ptr<Reader>> open_read(const std::string& path) override { return files_->open_read(path); }
  Result<std::unique_ptr<File>> open_write_new(const std::string& path) override {
    return files_->open_write_new(path);
  }
  Status remove(const std::string& path) override { return files_->remove(path); }
  Status rename(const std::string& from, const std::string& to) override { return files_->rename(from, to); }
  Status sync_directory(const std::string& path) override { return files_->sync_directory(path); }
  Result<Space> space(const std::string& path) override { return files_->space(path); }
  Result<std::unique_ptr<File>> lock(const std::string& path) override { return files_->lock(path); }

 private:
  std::unique_ptr<Files> files_ = posix_files();
};

}  // namespace

TEST_CASE("a log that is deleted during the write acknowledges nothing of it") {
  RealLab lab;
  auto owned = std::make_unique<DeletingFiles>();
  auto& files = *owned;
  lab.files = std::move(owned);
  const auto log = lab.open();
  REQUIRE(log);
  REQUIRE((*log)->append(decision("a")));
  files.armed = true;
  CHECK_FALSE((*log)->append(decision("lost")));
  CHECK_FALSE((*log)->writable());
}
