#include "anchors_notes.hpp"

#include "canaryd/audit/checkpoint.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view dash = "\xE2\x80\x94 ";

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r";
  const auto from = text.find_first_not_of(space);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(space) - from + 1);
}

}  // namespace

void NoteFinder::line(std::string_view bytes, std::uint64_t number, std::uint64_t offset) {
  constexpr std::size_t text_lines = 3;
  const auto text = trimmed(bytes.substr(0, checkpoint_limit + 1));
  if (blank_ && text.starts_with(dash)) {
    // Beyond that it is no note; what it is does not have to be kept.
    if (signatures_.size() <= checkpoint_limit) signatures_.append(text) += '\n';
    return;
  }
  if (blank_) end();
  if (text.empty()) {
    blank_ = !text_.empty();
    return;
  }
  if (text_.size() == text_lines) text_.pop_front();
  text_.push_back({std::string(text), number, offset});
}

void NoteFinder::end() {
  if (!signatures_.empty()) {
    Found found{{}, text_.front().line, text_.front().byte};
    for (const auto& line : text_) found.note += line.note + '\n';
    found.note += '\n' + signatures_;
    visit_(found);
  }
  text_.clear();
  signatures_.clear();
  blank_ = false;
}

}  // namespace canaryd::audit
