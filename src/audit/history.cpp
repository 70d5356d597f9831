#include "canaryd/audit/history.hpp"

#include "head.hpp"
#include "line.hpp"
#include "lines.hpp"
#include "names.hpp"
#include "parse.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view before_time = "\"time\":\"";
constexpr std::size_t time_length = 27;  // "2026-08-01T12:00:00.123456Z"

Error at(const std::string& file, std::uint64_t line, const std::string& what) {
  return Error::invalid(file + ":" + std::to_string(line) + ": " + what);
}

}  // namespace

bool begins_like_a_log(std::string_view text) { return text.starts_with("{\"seq\":"); }

Status read_segment(const std::string& file, Files& files, const std::function<void(const Entry&)>& visit) {
  const auto reader = files.open_read(file);
  if (!reader) return fail(reader.error());
  Lines lines(**reader);
  for (std::uint64_t number = 1;; ++number) {
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) break;
    const auto bytes = (*line)->bytes;
    if (const auto head = read_head(bytes); !head) return fail(at(file, number, head.error().what));
    auto record = parse_line(bytes);
    if (!record) return fail(at(file, number, record.error().message));
    const auto time = bytes.find(before_time);  // the second member, whose place the head has shown
    visit({file, number, std::string(bytes.substr(time + before_time.size(), time_length)), std::move(*record)});
  }
  if (lines.too_long()) {
    return fail(Error::invalid(file + ": expected a line of at most " + std::to_string(line_limit) + " bytes"));
  }
  return {};
}

Status read_log(const std::string& directory, Files& files, const std::function<void(const Entry&)>& visit) {
  const auto names = files.list(directory);
  if (!names) return fail(names.error());
  bool found = false;
  for (const auto& name : *names) {
    if (!is_segment(name)) continue;
    found = true;
    if (const auto read = read_segment(path_in(directory, name), files, visit); !read) return read;
  }
  if (!found) return fail(Error::not_found(directory + ": no audit log, expected " + segment_name(0)));
  return {};
}

}  // namespace canaryd::audit
