#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <future>

#include "canaryd/base/file.hpp"
#include "real_lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;

namespace {

// The error of a reading of a FIFO that nobody writes to; one that hangs is set free and fails the test.
std::string refusal(const std::string& fifo, const std::function<Status()>& reading) {
  auto done = std::async(std::launch::async, reading);
  const bool hangs = done.wait_for(std::chrono::seconds(10)) != std::future_status::ready;
  CHECK_FALSE(hangs);
  if (hangs) ::close(::open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
  const auto result = done.get();
  return result ? std::string("read") : result.error().message;
}

}  // namespace

TEST_CASE("a FIFO in the place of a file is refused and not waited for") {
  const test::TempFolder folder;
  const auto fifo = folder / "fifo";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const auto read = [&]() -> Status {
    const auto text = read_file(fifo);
    return text ? Status() : fail(text.error());
  };
  CHECK(refusal(fifo, read) == "cannot read " + fifo + ": it is not a regular file");
}

TEST_CASE("a FIFO in the place of a segment is refused and not waited for") {
  const test::TempFolder folder;
  const auto fifo = folder / "segment-00000000000000000000.jsonl";
  REQUIRE(::mkfifo(fifo.c_str(), 0600) == 0);
  const auto read = [&]() -> Status {
    const auto verdict = verify(folder / "");
    return verdict ? Status() : fail(verdict.error());
  };
  const auto message = refusal(fifo, read);
  CHECK(message.find("segment-00000000000000000000.jsonl is not a regular file") != std::string::npos);
}

TEST_CASE("a file is read through a symbolic link") {
  const test::TempFolder folder;
  std::ofstream(folder / "file") << "text";
  std::filesystem::create_symlink("file", folder / "link");
  CHECK(read_file(folder / "link").value() == "text");
}
