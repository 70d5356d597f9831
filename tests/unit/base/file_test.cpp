#include "canaryd/base/file.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace canaryd;

namespace {

// A folder that goes with its test.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "canaryd-file-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string str() const { return path_.string(); }
  std::string file(const char* name, const std::string& text) const {
    std::ofstream(path_ / name, std::ios::binary) << text;
    return (path_ / name).string();
  }

 private:
  std::filesystem::path path_;
};

}  // namespace

TEST_CASE("a file is read whole with all of its bytes") {
  const Folder folder;
  const std::string text = std::string("a\0b\r\n", 5) + std::string(100000, 'x');
  CHECK(read_file(folder.file("whole", text)).value() == text);
  CHECK(read_file(folder.file("empty", "")).value().empty());
}

TEST_CASE("a file of the limit is read and a longer one is not") {
  const Folder folder;
  const std::string path = folder.file("ten", "0123456789");
  CHECK(read_file(path, 10).value() == "0123456789");
  const Result<std::string> longer = read_file(path, 9);
  REQUIRE_FALSE(longer.has_value());
  CHECK(longer.error().kind == ErrorKind::invalid);
  CHECK(longer.error().message == path + " is longer than 9 bytes");
}

TEST_CASE("a file that is not there and a folder are errors with the path and the reason") {
  const Folder folder;
  const Result<std::string> absent = read_file(folder.str() + "/absent");
  REQUIRE_FALSE(absent.has_value());
  CHECK(absent.error().kind == ErrorKind::io);
  CHECK(absent.error().message == "cannot read " + folder.str() + "/absent: No such file or directory");
  const Result<std::string> of_folder = read_file(folder.str());
  REQUIRE_FALSE(of_folder.has_value());
  CHECK(of_folder.error().message == "cannot read " + folder.str() + ": Is a directory");
}
