#include "canaryd/base/log.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "pipe.hpp"

using namespace canaryd;
using canaryd::test::Pipe;

namespace {

constexpr std::string_view moment = "2026-08-01T12:03:05.431000Z";

std::string logfmt(std::initializer_list<LogField> fields) {
  return Logger::render(LogFormat::logfmt, LogLevel::info, moment, "patched", fields);
}
std::string json(std::initializer_list<LogField> fields) {
  return Logger::render(LogFormat::json, LogLevel::warn, moment, "patched", fields);
}

// What `work` writes to standard error.
template <class Work>
std::string standard_error_of(Work work) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  const int kept = ::dup(STDERR_FILENO);
  ::dup2(::fileno(file), STDERR_FILENO);
  work();
  ::dup2(kept, STDERR_FILENO);
  ::close(kept);
  std::string text;
  std::rewind(file);
  for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) text += static_cast<char>(c);
  std::fclose(file);
  return text;
}

}  // namespace

TEST_CASE("a logfmt line has its time and level and event before its fields") {
  CHECK(logfmt({{"namespace", "ml"}, {"percent", 5}}) ==
        "ts=2026-08-01T12:03:05.431000Z level=info event=patched namespace=ml percent=5");
  CHECK(logfmt({}) == "ts=2026-08-01T12:03:05.431000Z level=info event=patched");
}

TEST_CASE("a logfmt value from outside can neither end its line nor begin another field") {
  const std::string head = "ts=2026-08-01T12:03:05.431000Z level=info event=patched ";
  CHECK(logfmt({{"reason", ""}}) == head + "reason=\"\"");
  CHECK(logfmt({{"reason", "two words"}}) == head + "reason=\"two words\"");
  CHECK(logfmt({{"reason", "x level=error"}}) == head + "reason=\"x level=error\"");
  CHECK(logfmt({{"reason", "a=b"}}) == head + "reason=\"a=b\"");
  CHECK(logfmt({{"reason", "x\nts=0 level=info"}}) == head + "reason=\"x\\nts=0 level=info\"");
  CHECK(logfmt({{"reason", "x\" level=error y=\""}}) == head + "reason=\"x\\\" level=error y=\\\"\"");
  CHECK(logfmt({{"reason", "x\\"}}) == head + "reason=\"x\\\\\"");
  CHECK(logfmt({{"reason", "\x1b[2J\xff"}}) == head + "reason=\"\\x1b[2J\\xff\"");
}

TEST_CASE("a JSON line is one object of strings") {
  CHECK(json({{"namespace", "ml"}, {"percent", 5}}) ==
        R"({"ts":"2026-08-01T12:03:05.431000Z","level":"warn","event":"patched","namespace":"ml","percent":"5"})");
}

TEST_CASE("a JSON value from outside stays one string of valid JSON") {
  const auto value = [](const std::string& text) {
    const std::string line = json({{"k", text}});
    const std::string head = R"({"ts":"2026-08-01T12:03:05.431000Z","level":"warn","event":"patched","k":)";
    REQUIRE(line.substr(0, head.size()) == head);
    return line.substr(head.size(), line.size() - head.size() - 1);
  };
  CHECK(value("x\",\"level\":\"error") == R"("x\",\"level\":\"error")");
  CHECK(value("a\nb\tc\rd") == R"("a\nb\tc\rd")");
  CHECK(value("a\\b") == R"("a\\b")");
  CHECK(value("a\\x41\\u0041") == R"("a\\x41\\u0041")");
  // JSON knows no \x: the backslash itself is escaped.
  CHECK(value("\x1b\xff") == R"("\\x1b\\xff")");
  CHECK(value("\xe2\x80\xae") == R"("\\u{202e}")");
  CHECK(value("é") == "\"é\"");
}

TEST_CASE("a long value is cut") {
  CHECK(logfmt({{"k", std::string(100000, 'x')}}).size() < 1200);
  CHECK(json({{"k", std::string(100000, '\\')}}).size() < 2400);
}

TEST_CASE("a line is written whole and braces in it are no format") {
  const std::string written = standard_error_of([] {
    Logger log(LogFormat::logfmt, LogLevel::info);
    log.warn("odd_{}", {{"value", "{} {0} %s"}});
    log.debug("unseen");
    log.set_level(LogLevel::debug);
    log.debug("seen");
    log.set_level(LogLevel::error);
    log.warn("unseen");
  });
  CHECK(written.find(" level=warn event=odd_{} value=\"{} {0} %s\"\n") != std::string::npos);
  CHECK(written.find("event=seen\n") != std::string::npos);
  CHECK(written.find("unseen") == std::string::npos);
  CHECK(written.substr(0, 3) == "ts=");
}

TEST_CASE("what is published is a line of JSON on its own output at any level and whole") {
  const Pipe pipe;
  const std::string note(5000, 'A');
  const std::string written = standard_error_of([&] {
    Logger log(LogFormat::logfmt, LogLevel::error, pipe.input());
    log.info("unseen");
    CHECK(log.publish("audit_checkpoint", {{"checkpoint", note}}));
  });
  CHECK(written.empty());
  const auto line = pipe.read();
  CHECK(line.substr(0, 7) == "{\"ts\":\"");
  CHECK(line.substr(line.find(",\"level\"")) ==
        ",\"level\":\"info\",\"event\":\"audit_checkpoint\",\"checkpoint\":\"" + note + "\"}\n");
}
