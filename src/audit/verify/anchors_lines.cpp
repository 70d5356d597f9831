#include "anchors_lines.hpp"

#include <algorithm>

#include "anchors_fields.hpp"

namespace canaryd::audit {

Result<bool> TextLines::more() {
  buffer_.erase(0, start_);
  start_ = 0;
  auto bytes = file_.read(read_, piece_bytes);
  if (!bytes) return fail(bytes.error());
  read_ += bytes->size();
  buffer_ += *bytes;
  return !bytes->empty();
}

TextLine TextLines::piece(std::size_t length, std::size_t step, bool goes_on) {
  const TextLine line{std::string_view(buffer_).substr(start_, length), number_, line_at_, goes_on};
  start_ += step;
  return line;
}

Result<std::optional<TextLine>> TextLines::next() {
  for (;;) {
    const auto lf = buffer_.find('\n', start_);
    if (lf != std::string::npos && lf - start_ <= piece_bytes) {
      const auto line = piece(lf - start_, lf + 1 - start_, false);
      ++number_;
      line_at_ = read_ - buffer_.size() + start_;
      return line;
    }
    if (buffer_.size() - start_ >= piece_bytes) return piece(piece_bytes, piece_bytes - overlap_bytes, true);
    if (ended_) {
      if (start_ == buffer_.size()) return std::optional<TextLine>();
      return piece(buffer_.size() - start_, buffer_.size() - start_, false);
    }
    const auto filled = more();
    if (!filled) return fail(filled.error());
    ended_ = !*filled;
  }
}

std::optional<std::string_view> Unwrapper::line(std::string_view wrapped) {
  if (wrapped.ends_with('\r')) wrapped.remove_suffix(1);
  if (wrapped.starts_with("{\"log\":\"")) return docker(wrapped);
  // "2026-11-21T05:42:38.975067000Z stdout F ": a time, a stream, a tag.
  constexpr std::size_t longest_time = 40;
  const auto time = wrapped.substr(0, longest_time).find(' ');
  if (time == std::string_view::npos || time < 5 || wrapped[4] != '-') return wrapped;
  auto rest = wrapped.substr(time + 1);
  const auto stream = rest.substr(0, 6);
  if ((stream != "stdout" && stream != "stderr") || rest.size() < 8 || rest[6] != ' ') return wrapped;
  rest.remove_prefix(7);
  const auto tag = rest.substr(0, rest.find(' '));
  if (tag.empty() || (tag.front() != 'P' && tag.front() != 'F')) return wrapped;
  const bool partial = tag.front() == 'P';
  return joined(std::string(stream), partial, rest.substr(std::min(rest.size(), tag.size() + 1)));
}

std::optional<std::string_view> Unwrapper::docker(std::string_view wrapped) {
  constexpr std::size_t text_at = 8;
  auto text = unescaped(wrapped.substr(text_at), 0);
  if (!text) return wrapped;
  const bool partial = !text->ends_with('\n');
  if (!partial) text->pop_back();
  return joined(wrapped.find("\"stream\":\"stderr\"") == std::string_view::npos ? "stdout" : "stderr", partial, *text);
}

std::optional<std::string_view> Unwrapper::joined(const std::string& stream, bool partial, std::string_view rest) {
  auto& part = parts_[stream];
  // No line of ours is that long: what others write is not kept.
  if (part.size() + rest.size() <= TextLines::piece_bytes) part += rest;
  if (partial) return std::nullopt;
  whole_ = std::move(part);
  part.clear();
  return whole_;
}

}  // namespace canaryd::audit
