#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace canaryd::audit {

// Finds signed notes among the lines of a text: three lines, an empty one, and lines that begin with an em dash.
// Indentation and what stands around a note do not matter. Not thread-safe.
class NoteFinder {
 public:
  struct Found {
    std::string note;
    std::uint64_t line = 0;  // of its first line
    std::uint64_t byte = 0;
  };
  explicit NoteFinder(std::function<void(const Found&)> visit) : visit_(std::move(visit)) {}

  void line(std::string_view bytes, std::uint64_t number, std::uint64_t offset);
  void end();

 private:
  std::function<void(const Found&)> visit_;
  std::deque<Found> text_;  // the last lines
  bool blank_ = false;      // then the empty line
  std::string signatures_;  // then these
};

}  // namespace canaryd::audit
