#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "audit/format/lines.hpp"
#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

// Reads a segment's lines from the last to the first in bounded memory: one block, which is never more than a line may
// have. A plain segment is read from its end. A compressed one can only be read from its start: it is opened anew for
// each block but the first, and what stands before the block is unpacked and dropped.
class BackwardLines {
 public:
  using Open = std::function<Result<std::unique_ptr<Reader>>()>;
  // `open_again` is asked for a compressed segment only.
  BackwardLines(std::unique_ptr<Reader> reader, bool compressed, Open open_again)
      : open_again_(std::move(open_again)), compressed_(compressed), reader_(std::move(reader)) {}

  // nullopt before the first line, or where a line would be longer than line_limit. A last line without LF is left out.
  // The line's number is not known: 0.
  Result<std::optional<Line>> next();
  bool too_long() const { return too_long_; }

 private:
  Status begin();
  Status load(std::uint64_t from);
  std::optional<Line> last_line();

  Open open_again_;
  bool compressed_;
  std::unique_ptr<Reader> reader_;
  std::string block_;
  std::uint64_t block_at_ = 0;  // its offset in the segment
  std::uint64_t end_ = 0;       // of the lines that were not returned yet
  std::size_t block_size_ = 0;
  bool begun_ = false;
  bool used_ = false;  // the reader
  bool too_long_ = false;
};

}  // namespace canaryd::audit
