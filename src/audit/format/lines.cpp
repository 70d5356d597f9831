#include "lines.hpp"

#include "line.hpp"

namespace canaryd::audit {

namespace {
constexpr std::size_t chunk = 256U << 10U;
}

Result<std::optional<Line>> Lines::next() {
  std::size_t searched = start_;
  for (;;) {
    const auto lf = buffer_.find('\n', searched);
    if (lf != std::string::npos) {
      const Line line{std::string_view(buffer_).substr(start_, lf - start_), ++number_, offset_};
      offset_ += lf + 1 - start_;
      start_ = lf + 1;
      return line;
    }
    if (buffer_.size() - start_ > line_limit) {
      too_long_ = true;
      return std::optional<Line>();
    }
    buffer_.erase(0, start_);
    start_ = 0;
    searched = buffer_.size();
    auto more = file_.read(offset_ + buffer_.size(), chunk);
    if (!more) return fail(more.error());
    if (more->empty()) return std::optional<Line>();
    buffer_ += *more;
  }
}

}  // namespace canaryd::audit
