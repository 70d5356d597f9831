#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "real_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using test::bytes_of;
using test::RealLab;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat found{};
  REQUIRE(::stat(path.c_str(), &found) == 0);
  return found.st_mode & 07777U;
}

}  // namespace

TEST_CASE("on a real disk the folder is 0700 and every file in it 0600 whatever the umask") {
  const auto before = ::umask(0);
  RealLab lab;
  {
    auto log = lab.open();
    REQUIRE(log);
    REQUIRE((*log)->append(test::decision("a")));
  }
  std::ofstream(lab.segment(), std::ios::app) << "tail";
  REQUIRE(lab.open());
  ::umask(before);
  CHECK(mode_of(lab.folder) == 0700);
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(lab.folder)) {
    CHECK(mode_of(entry.path().string()) == 0600);
    ++count;
  }
  CHECK(count == 4);  // records, leaf hashes, lock, torn file
  CHECK(bytes_of(lab.folder + "/torn-00000000000000000002.bin") == "tail");
  CHECK(verify(lab.folder)->intact);
}

TEST_CASE("on a real disk a second opener is refused until the first is gone") {
  RealLab lab;
  {
    const auto log = lab.open();
    REQUIRE(log);
    const auto second = lab.open();
    REQUIRE_FALSE(second);
    CHECK(second.error().message == lab.folder + " is in use by another process");
    CHECK(verify(lab.folder)->records == 1);  // reading needs no lock
  }
  CHECK(lab.open());
}

TEST_CASE("on a real disk room is reserved without changing the size of the file") {
  RealLab lab;
  const auto log = lab.open();
  REQUIRE(log);
  REQUIRE((*log)->append(test::intent("a")));
  struct stat found{};
  REQUIRE(::stat(lab.segment().c_str(), &found) == 0);
  CHECK(found.st_size < 4096);
  CHECK(bytes_of(lab.segment()).size() == static_cast<std::size_t>(found.st_size));
  MESSAGE("blocks of 512 bytes behind a file of " << found.st_size << " bytes: " << found.st_blocks);
}

TEST_CASE("on a real disk a folder that cannot be written does not open") {
  RealLab lab;
  std::ofstream(lab.temp / "audit") << "a file";
  const auto log = lab.open();
  REQUIRE_FALSE(log);
  CHECK(log.error().kind == ErrorKind::io);
  CHECK(log.error().message.find("audit") != std::string::npos);
}

TEST_CASE("on a real disk a write that is cut short fails and is taken back by the next append") {
  RealLab lab;
  const auto log = lab.open();
  REQUIRE(log);
  REQUIRE((*log)->append(test::decision("a")));
  const auto size = bytes_of(lab.segment()).size();
  // A limit on the size of files is the failure of a real write that needs no file system of its own.
  struct rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const struct rlimit small{size + 100, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const auto lost = (*log)->append(test::full(Kind::intent, "lost"));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::io);
  CHECK(bytes_of(lab.segment()).size() == size + 100);
  CHECK_FALSE((*log)->writable());
  REQUIRE((*log)->append(test::decision("b")));
  const auto verdict = verify(lab.folder);
  CHECK(verdict->intact);
  CHECK(verdict->records == 4);
  CHECK(bytes_of(lab.segment()).find("lost") == std::string::npos);
}

TEST_CASE("a log that is being written verifies at any moment") {
  RealLab lab;
  const auto log = lab.open();
  REQUIRE(log);
  std::thread writer([&] {
    for (int i = 0; i < 300; ++i) static_cast<void>((*log)->append(test::full(Kind::decision, std::to_string(i))));
  });
  std::uint64_t before = 0;
  int looks = 0;
  while (before < 301) {
    const auto verdict = verify(lab.folder);
    REQUIRE(verdict);
    CHECK(verdict->intact);
    CHECK(verdict->records >= before);
    before = verdict->records;
    ++looks;
  }
  writer.join();
  MESSAGE("looks at a log in use: " << looks);
}

TEST_CASE("on a real disk 64 threads share their fdatasyncs") {
  RealLab lab;
  const auto log = lab.open();
  REQUIRE(log);
  constexpr int threads = 64;
  constexpr int each = 50;
  std::vector<std::thread> all;
  const auto started = std::chrono::steady_clock::now();
  for (int t = 0; t < threads; ++t) {
    all.emplace_back([&] {
      for (int i = 0; i < each; ++i) static_cast<void>((*log)->append(test::full(Kind::decision, "x")));
    });
  }
  for (auto& thread : all) thread.join();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  const auto text = lab.metrics.text();
  const auto at = text.find("canaryd_audit_writes_total{result=\"ok\"} ");
  const auto writes = std::stoi(text.substr(at + 40));
  MESSAGE((threads * each) << " appends in " << took.count() << " s and " << writes << " fdatasyncs");
  CHECK(writes < threads * each / 4);
  CHECK(verify(lab.folder)->records == threads * each + 1);
}
