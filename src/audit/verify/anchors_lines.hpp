#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

// A line of any text file, or a piece of one that is longer than a piece may be; pieces of one line overlap.
struct TextLine {
  std::string_view bytes;    // without its line end; valid until the next call
  std::uint64_t number = 0;  // from 1
  std::uint64_t offset = 0;  // of the line's first byte
  bool goes_on = false;      // the next piece is of the same line
};

// Reads a text file in bounded memory, whatever the length of its lines. Not thread-safe.
class TextLines {
 public:
  static constexpr std::size_t piece_bytes = 1U << 20U;
  static constexpr std::size_t overlap_bytes = 128U << 10U;

  explicit TextLines(Reader& file) : file_(file) {}
  Result<std::optional<TextLine>> next();  // nullopt at the end. Errors: io

 private:
  Result<bool> more();
  TextLine piece(std::size_t length, std::size_t step, bool goes_on);

  Reader& file_;
  std::string buffer_;
  std::size_t start_ = 0;      // of the next piece in the buffer
  std::uint64_t read_ = 0;     // bytes of the file that are in the buffer or behind us
  std::uint64_t number_ = 1;   // of the line of the next piece
  std::uint64_t line_at_ = 0;  // its offset
  bool ended_ = false;
};

// Takes off what container runtimes put around a line, and joins the parts of one that they split: CRI's
// "2026-11-21T05:42:38.975067000Z stdout P part" and Docker's {"log":"part","stream":"stdout",...}. Not thread-safe.
class Unwrapper {
 public:
  // The line as it was written; nullopt while it goes on in the next one. Valid until the next call.
  std::optional<std::string_view> line(std::string_view wrapped);

 private:
  std::optional<std::string_view> cri(std::string_view stream, bool partial, std::string_view rest);
  std::optional<std::string_view> docker(std::string_view wrapped);
  std::optional<std::string_view> joined(const std::string& stream, bool partial, std::string_view rest);

  std::map<std::string, std::string, std::less<>> parts_;  // by stream
  std::string whole_;
};

}  // namespace canaryd::audit
