#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

struct Line {
  std::string_view bytes;    // without LF; valid until the next call
  std::uint64_t number = 0;  // from 1
  std::uint64_t offset = 0;  // of its first byte in the file
};

// A reader of a whole segment gives up behind so many lines that are no records: a small compressed file can hold two
// thousand million empty ones.
inline constexpr std::uint64_t most_misfits = 10'000;

// Reads a file line by line in bounded memory (line_limit and one chunk).
class Lines {
 public:
  explicit Lines(Reader& file) : file_(file) {}

  // nullopt at the end of the file, or where a line would be longer than line_limit.
  Result<std::optional<Line>> next();

  // After the end: bytes behind the last LF, and whether they are more than a line may have.
  std::uint64_t unfinished() const { return buffer_.size() - start_; }
  bool too_long() const { return too_long_; }
  std::uint64_t end_of_lines() const { return offset_; }

 private:
  Reader& file_;
  std::string buffer_;
  std::size_t start_ = 0;     // of the next line in the buffer
  std::uint64_t offset_ = 0;  // of the same in the file
  std::uint64_t number_ = 0;
  bool too_long_ = false;
};

}  // namespace canaryd::audit
