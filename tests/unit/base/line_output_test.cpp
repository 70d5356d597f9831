#include "canaryd/base/line_output.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "pipe.hpp"

using namespace canaryd;
using canaryd::test::Pipe;
using std::chrono::milliseconds;

namespace {
constexpr milliseconds patience(50);
}

TEST_CASE("lines of many threads come out whole") {
  const Pipe pipe;
  LineOutput output(pipe.input());
  std::vector<std::jthread> threads;
  for (const char letter : {'a', 'b', 'c'}) {
    threads.emplace_back([&output, letter] {
      for (int i = 0; i < 5; ++i) CHECK(output.write(std::string(3000, letter)));
    });
  }
  threads.clear();
  const auto text = pipe.read();
  CHECK(text.size() == 15 * 3001);
  for (std::size_t at = 0; at < text.size(); at += 3001) {
    CHECK(text.substr(at, 3001) == std::string(3000, text[at]) + "\n");
  }
}

TEST_CASE("a line that is longer than a pipe takes at once comes out whole while somebody reads") {
  const Pipe pipe;
  LineOutput output(pipe.input(), std::chrono::seconds(60));
  const std::string line(1U << 18U, 'a');
  std::string text;
  std::jthread reader([&] {
    while (text.size() < line.size() + 1) text += pipe.read();
  });
  CHECK(output.write(line));
  reader.join();
  CHECK(text == line + "\n");
}

TEST_CASE("a full pipe is given up and what follows begins on a line of its own") {
  const Pipe pipe;
  LineOutput output(pipe.input(), patience);
  pipe.fill();
  const auto refused = output.write("lost");
  REQUIRE(!refused);
  CHECK(refused.error().message == "the output took nothing for 50 ms");
  pipe.read();
  CHECK(!output.write(std::string(1U << 18U, 'a')));  // more than a pipe holds
  CHECK(pipe.read().find('\n') == std::string::npos);
  CHECK(output.write("next"));
  CHECK(pipe.read() == "\nnext\n");
  CHECK(output.write("one more"));
  CHECK(pipe.read() == "one more\n");
}

TEST_CASE("an output without a reader or room or descriptor is an error and no more") {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  pipe.stop_reading();
  CHECK(LineOutput(pipe.input(), patience).write("x").error().message == "cannot write to the output: Broken pipe");
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  CHECK(LineOutput(full, patience).write("x").error().message == "cannot write to the output: No space left on device");
  ::close(full);
  CHECK(LineOutput(full, patience).write("x").error().message == "cannot write to the output: Bad file descriptor");
}
