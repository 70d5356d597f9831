#pragma once

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "canaryd/base/error.hpp"

namespace canaryd {

enum class LogFormat : std::uint8_t { logfmt, json };
enum class LogLevel : std::uint8_t { debug, info, warn, error };

// One key and value of an event. Keys are literals of ours ([a-z_]+); values may come from outside and are escaped.
struct LogField {
  std::string_view key;
  std::string value;
  LogField(std::string_view k, std::string v) : key(k), value(std::move(v)) {}
  LogField(std::string_view k, const char* v) : key(k), value(v) {}
  LogField(std::string_view k, std::string_view v) : key(k), value(v) {}
  LogField(std::string_view k, std::int64_t v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, int v) : key(k), value(std::to_string(v)) {}
  LogField(std::string_view k, std::size_t v) : key(k), value(std::to_string(v)) {}
};

// Writes one line an event to standard error: `ts=... level=info event=patched namespace=ml name=iris` or the same as a
// JSON object. Safe from any thread.
class Logger {
 public:
  // `published_to`: a file descriptor, left open.
  explicit Logger(LogFormat format = LogFormat::logfmt, LogLevel level = LogLevel::info,
                  int published_to = STDOUT_FILENO);
  ~Logger();
  Logger(const Logger&) = delete;
  Logger& operator=(const Logger&) = delete;

  void set_level(LogLevel level);
  void debug(std::string_view event, std::initializer_list<LogField> fields = {});
  void info(std::string_view event, std::initializer_list<LogField> fields = {});
  void warn(std::string_view event, std::initializer_list<LogField> fields = {});
  void error(std::string_view event, std::initializer_list<LogField> fields = {});
  // To standard output, for programs: a line that is the purpose itself, such as a checkpoint that is kept wherever the
  // output is shipped to. Always JSON, at any level, values of any length and not cut. May take a second; errors are
  // those of LineOutput::write.
  Status publish(std::string_view event, std::initializer_list<LogField> fields);

  // The line without its end, as it would be written: for tests.
  static std::string render(LogFormat format, LogLevel level, std::string_view timestamp, std::string_view event,
                            std::initializer_list<LogField> fields, std::size_t longest_value = 1024);

 private:
  bool takes(LogLevel level) const;
  void write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd
