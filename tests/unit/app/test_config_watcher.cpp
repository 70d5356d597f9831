#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "canaryd/app/config_watcher.hpp"

using canaryd::app::ConfigWatcher;
namespace fs = std::filesystem;

namespace {

class Folder {
 public:
  Folder() {
    std::string form = (fs::temp_directory_path() / "canaryd-watch-XXXXXX").string();
    REQUIRE(mkdtemp(form.data()) != nullptr);
    path_ = form;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  void write(const std::string& name, const std::string& text) const { std::ofstream(file(name)) << text; }

 private:
  fs::path path_;
};

}  // namespace

TEST_CASE("a file that stays as it is never changed") {
  const Folder folder;
  folder.write("c.yaml", "one");
  ConfigWatcher watcher(folder.file("c.yaml"), "one");
  for (int i = 0; i < 5; ++i) CHECK_FALSE(watcher.changed());
  folder.write("c.yaml", "one");  // touched, the same content
  for (int i = 0; i < 5; ++i) CHECK_FALSE(watcher.changed());
}

TEST_CASE("a changed content is told once after two looks that agree") {
  const Folder folder;
  folder.write("c.yaml", "one");
  ConfigWatcher watcher(folder.file("c.yaml"), "one");
  folder.write("c.yaml", "two");
  CHECK_FALSE(watcher.changed());
  CHECK(watcher.changed() == "two");
  CHECK_FALSE(watcher.changed());
  CHECK_FALSE(watcher.changed());
}

TEST_CASE("a change of the same size and time is noticed") {
  const Folder folder;
  folder.write("c.yaml", "one");
  const auto time = fs::last_write_time(folder.file("c.yaml"));
  ConfigWatcher watcher(folder.file("c.yaml"), "one");
  folder.write("c.yaml", "two");
  fs::last_write_time(folder.file("c.yaml"), time);
  CHECK_FALSE(watcher.changed());
  CHECK(watcher.changed() == "two");
}

TEST_CASE("a file that is being written is not taken for a shorter one") {
  const Folder folder;
  folder.write("c.yaml", "one");
  ConfigWatcher watcher(folder.file("c.yaml"), "one");
  folder.write("c.yaml", "");
  CHECK_FALSE(watcher.changed());
  folder.write("c.yaml", "tw");
  CHECK_FALSE(watcher.changed());
  folder.write("c.yaml", "two");
  CHECK_FALSE(watcher.changed());
  CHECK(watcher.changed() == "two");
}

TEST_CASE("a change that is taken back is not told") {
  const Folder folder;
  folder.write("c.yaml", "one");
  ConfigWatcher watcher(folder.file("c.yaml"), "one");
  folder.write("c.yaml", "two");
  CHECK_FALSE(watcher.changed());
  folder.write("c.yaml", "one");
  CHECK_FALSE(watcher.changed());
  CHECK_FALSE(watcher.changed());
}

// A ConfigMap is mounted as c.yaml -> ..data/c.yaml, ..data -> a folder for each version; kubelet renames a new ..data.
TEST_CASE("the swap of the link of a mounted ConfigMap is noticed") {
  const Folder folder;
  fs::create_directory(folder.file("..v1"));
  fs::create_directory(folder.file("..v2"));
  folder.write("..v1/c.yaml", "one");
  folder.write("..v2/c.yaml", "two");
  fs::create_symlink("..v1", folder.file("..data"));
  fs::create_symlink("..data/c.yaml", folder.file("c.yaml"));
  ConfigWatcher watcher(folder.file("c.yaml"), "one");
  CHECK_FALSE(watcher.changed());
  fs::create_symlink("..v2", folder.file("..data_tmp"));
  fs::rename(folder.file("..data_tmp"), folder.file("..data"));
  fs::remove_all(folder.file("..v1"));
  CHECK_FALSE(watcher.changed());
  CHECK(watcher.changed() == "two");
}

TEST_CASE("a file that is gone is no change and its return is judged by its content") {
  const Folder folder;
  folder.write("c.yaml", "one");
  ConfigWatcher watcher(folder.file("c.yaml"), "one");
  fs::remove(folder.file("c.yaml"));
  CHECK_FALSE(watcher.changed());
  CHECK(watcher.error().find("c.yaml") != std::string::npos);
  folder.write("c.yaml", "one");
  CHECK_FALSE(watcher.changed());
  CHECK_FALSE(watcher.changed());
  CHECK(watcher.error().empty());
  folder.write("c.yaml", "two");
  CHECK_FALSE(watcher.changed());
  CHECK(watcher.changed() == "two");
}

TEST_CASE("what was accepted otherwise is not told again") {
  const Folder folder;
  folder.write("c.yaml", "two");
  ConfigWatcher watcher(folder.file("c.yaml"), "one");
  CHECK_FALSE(watcher.changed());
  watcher.accept("two");
  CHECK_FALSE(watcher.changed());
  CHECK_FALSE(watcher.changed());
}
