#include "canaryd/base/log.hpp"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <atomic>
#include <limits>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/line_output.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd {

namespace {

std::string_view name_of(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "debug";
    case LogLevel::info:
      return "info";
    case LogLevel::warn:
      return "warn";
    case LogLevel::error:
      return "error";
  }
  return "info";
}

// A logfmt value may stand bare when nothing in it needs quotes.
bool is_bare(std::string_view value, std::size_t longest) {
  const auto is_plain = [](char c) { return c > ' ' && c < 0x7F && c != '=' && c != '"' && c != '\\'; };
  return !value.empty() && value.size() <= longest && std::all_of(value.begin(), value.end(), is_plain);
}

void append_logfmt(std::string& line, std::string_view key, std::string_view value, std::size_t longest) {
  if (!line.empty()) line += ' ';
  line += key;
  line += '=';
  if (is_bare(value, longest)) {
    line += value;
  } else {
    line += '"';
    line += escaped(value, longest);
    line += '"';
  }
}

// escaped() writes \xNN and \u{...}, which JSON does not know: there the backslash itself is escaped once more, except
// in the escapes that both know.
std::string json_string(std::string_view value, std::size_t longest) {
  std::string out = "\"";
  const std::string safe = escaped(value, longest);
  for (std::size_t i = 0; i < safe.size(); ++i) {
    if (safe[i] != '\\') {
      out += safe[i];
      continue;
    }
    const char next = safe[i + 1];  // escaped() never ends in a lone backslash
    out += (next == 'x' || next == 'u') ? "\\\\" : "\\";
    out += next;
    ++i;
  }
  return out + '"';
}

void append_json(std::string& line, std::string_view key, std::string_view value, std::size_t longest) {
  line += line.empty() ? '{' : ',';
  line += json_string(key, longest);
  line += ':';
  line += json_string(value, longest);
}

}  // namespace

struct Logger::Impl {
  LogFormat format;
  std::atomic<LogLevel> level;
  spdlog::logger sink;
  LineOutput output;
  Impl(LogFormat f, LogLevel l, int published_to)
      : format(f), level(l), sink("canaryd", std::make_shared<spdlog::sinks::stderr_sink_mt>()), output(published_to) {
    sink.set_pattern("%v");
    sink.set_level(spdlog::level::trace);
    sink.flush_on(spdlog::level::trace);
  }
};

Logger::Logger(LogFormat format, LogLevel level, int published_to)
    : impl_(std::make_unique<Impl>(format, level, published_to)) {}
Logger::~Logger() = default;

void Logger::set_level(LogLevel level) { impl_->level = level; }

bool Logger::takes(LogLevel level) const { return level >= impl_->level.load(std::memory_order_relaxed); }

std::string Logger::render(LogFormat format, LogLevel level, std::string_view timestamp, std::string_view event,
                           std::initializer_list<LogField> fields, std::size_t longest_value) {
  const auto append = format == LogFormat::json ? append_json : append_logfmt;
  std::string line;
  append(line, "ts", timestamp, longest_value);
  append(line, "level", name_of(level), longest_value);
  append(line, "event", event, longest_value);
  for (const auto& field : fields) append(line, field.key, field.value, longest_value);
  if (format == LogFormat::json) line += '}';
  return line;
}

void Logger::write(LogLevel level, std::string_view event, std::initializer_list<LogField> fields) {
  const std::string line = render(impl_->format, level, to_rfc3339(SystemClock().now()), event, fields);
  impl_->sink.log(spdlog::level::info, spdlog::string_view_t(line));
}

void Logger::debug(std::string_view event, std::initializer_list<LogField> fields) {
  if (takes(LogLevel::debug)) write(LogLevel::debug, event, fields);
}
void Logger::info(std::string_view event, std::initializer_list<LogField> fields) {
  if (takes(LogLevel::info)) write(LogLevel::info, event, fields);
}
void Logger::warn(std::string_view event, std::initializer_list<LogField> fields) {
  if (takes(LogLevel::warn)) write(LogLevel::warn, event, fields);
}
void Logger::error(std::string_view event, std::initializer_list<LogField> fields) {
  if (takes(LogLevel::error)) write(LogLevel::error, event, fields);
}

Status Logger::publish(std::string_view event, std::initializer_list<LogField> fields) {
  return impl_->output.write(render(LogFormat::json, LogLevel::info, to_rfc3339(SystemClock().now()), event, fields,
                                    std::numeric_limits<std::size_t>::max()));
}

}  // namespace canaryd
