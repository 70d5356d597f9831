#include "query_backwards.hpp"

#include <algorithm>

#include "audit/format/line.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t first_block = 256U << 10U;   // of a plain segment
constexpr std::size_t first_unpacked = 8U << 20U;  // of a compressed one, whose every block unpacks it anew
constexpr std::size_t chunk = 256U << 10U;
constexpr std::size_t largest_block = line_limit + 1;  // the LF in front of the longest line, too

// Reads on from the start of a reader that knows no other way.
Status skip(Reader& reader, std::uint64_t to) {
  for (std::uint64_t at = 0; at < to;) {
    const auto dropped = reader.read(at, static_cast<std::size_t>(std::min<std::uint64_t>(chunk, to - at)));
    if (!dropped) return fail(dropped.error());
    if (dropped->empty()) return fail(Error::io("a segment ends before its end"));
    at += dropped->size();
  }
  return {};
}

}  // namespace

Status BackwardLines::begin() {
  const auto size = reader_->size();
  if (!size) return fail(size.error());
  end_ = block_at_ = *size;
  block_size_ = compressed_ ? first_unpacked : first_block;
  begun_ = true;
  return {};
}

Status BackwardLines::load(std::uint64_t from) {
  if (compressed_) {
    if (used_) {
      auto reader = open_again_();
      if (!reader) return fail(reader.error());
      reader_ = std::move(*reader);
    }
    used_ = true;
    if (auto skipped = skip(*reader_, from); !skipped) return skipped;
  }
  // Piece by piece into what is reserved: a string that grows holds its content twice.
  const auto wanted = static_cast<std::size_t>(end_ - from);
  block_.clear();
  block_.reserve(wanted);
  while (block_.size() < wanted) {
    const auto piece = reader_->read(from + block_.size(), std::min(chunk, wanted - block_.size()));
    if (!piece) return fail(piece.error());
    if (piece->empty()) break;
    block_ += *piece;
  }
  block_at_ = from;
  end_ = from + block_.size();  // an open segment that was cut meanwhile
  return {};
}

// The last whole line of the block, when its begin is in it, too.
std::optional<Line> BackwardLines::last_line() {
  const auto whole = std::string_view(block_).substr(0, static_cast<std::size_t>(end_ - block_at_));
  const auto lf = whole.rfind('\n');
  if (lf == std::string_view::npos) return std::nullopt;
  const auto before = lf == 0 ? std::string_view::npos : whole.rfind('\n', lf - 1);
  if (before == std::string_view::npos && block_at_ > 0) return std::nullopt;
  const std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  end_ = block_at_ + begin;
  return Line{whole.substr(begin, lf - begin), 0, end_};
}

Result<std::optional<Line>> BackwardLines::next() {
  if (!begun_) {
    if (auto begun = begin(); !begun) return fail(begun.error());
  }
  for (;;) {
    if (auto line = last_line()) return line;
    if (block_at_ == 0) return std::optional<Line>();
    const std::uint64_t held = end_ - block_at_;  // of a line whose begin is further in front
    if (held >= largest_block) {
      too_long_ = true;
      return std::optional<Line>();
    }
    if (held * 2 > block_size_) block_size_ = std::min(block_size_ * 2, largest_block);
    if (auto loaded = load(end_ > block_size_ ? end_ - block_size_ : 0); !loaded) return fail(loaded.error());
  }
}

}  // namespace canaryd::audit
