#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "fixture.hpp"

namespace canaryd::web::test {

namespace {

using std::chrono::milliseconds;

void wait_until(const std::atomic<bool>& flag) {
  for (int i = 0; i < 1000 && !flag; ++i) std::this_thread::sleep_for(milliseconds(5));
  REQUIRE(flag);
}

std::size_t threads() {
  std::size_t n = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task")) n += entry.exists() ? 1u : 0u;
  return n;
}

}  // namespace

TEST_CASE("a stop lets the running request end and closes everything else") {
  const std::size_t before = threads();
  RunningServer running;
  std::atomic<bool> inside{false};
  std::atomic<bool> go{false};
  running.answer_with([&](const auto&, const auto&) {
    inside = true;
    while (!go) std::this_thread::sleep_for(milliseconds(5));
    return engine::Answer{200, "finished"};
  });
  Client idle(running.port());
  Client half(running.port());
  half.send("POST /webhooks");
  Client busy(running.port());
  busy.send(honest_request());
  wait_until(inside);
  std::atomic<bool> stopped{false};
  std::thread stopper([&] {
    running.server->stop(milliseconds(20000));
    stopped = true;
  });
  CHECK(idle.closed_within(milliseconds(5000)));
  CHECK(half.closed_within(milliseconds(5000)));
  CHECK_FALSE(Client(running.port()).connected());
  CHECK_FALSE(stopped);
  go = true;
  const auto answer = busy.answer();
  CHECK(answer.status == 200);
  CHECK(answer.body == "finished\n");
  CHECK(busy.closed_within(milliseconds(5000)));
  stopper.join();
  CHECK(threads() == before);
}

TEST_CASE("a stop without patience left closes the running connection and still joins its thread") {
  RunningServer running;
  std::atomic<bool> inside{false};
  std::atomic<bool> left{false};
  running.answer_with([&](const auto&, const auto&) {
    inside = true;
    std::this_thread::sleep_for(milliseconds(300));
    left = true;
    return engine::Answer{200, "late"};
  });
  Client busy(running.port());
  busy.send(honest_request());
  wait_until(inside);
  running.server->stop(milliseconds(10));
  CHECK(left);
  CHECK(busy.answer().status == 0);
}

TEST_CASE("a server that was never started stops too") {
  const TempFolder folder;
  const Authority authority("CA");
  const Issued issued = authority.issue("DNS:x");
  ServerSettings settings;
  settings.listen = {"127.0.0.1", 0};
  settings.tls.certificate = folder.write("tls.crt", issued.certificate);
  settings.tls.key = folder.write("tls.key", issued.key);
  const SystemClock clock;
  Logger log(LogFormat::logfmt, LogLevel::error);
  Metrics metrics;
  auto server = Server::create(settings, {}, clock, log, metrics);
  REQUIRE(server);
  CHECK((*server)->port() > 0);
  (*server)->stop(milliseconds(0));
  (*server)->stop(milliseconds(0));
}

}  // namespace canaryd::web::test
