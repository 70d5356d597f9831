#include "readback.hpp"

#include <optional>

#include "verify_scan.hpp"

namespace canaryd::audit {

namespace {

std::string misfit_at(const Line& line, const Misfit& misfit) {
  return "line " + std::to_string(line.number) + ", byte " + std::to_string(line.offset + misfit.at) + ": " +
         misfit.what;
}

// One line at a time. The hash in each next line holds the content of the one before; only the last line must be read
// as JSON, so each is held back until the next has come.
class Reading {
 public:
  Reading(Chain chain, const SeeLine& see) : chain_(std::move(chain)), see_(see) { result_.chain = chain_; }

  // False where the chain ends.
  bool take(const Line& line) {
    const auto head = read_head(line.bytes);
    if (!head) return stop(misfit_at(line, head.error()));
    if (chain_.prev.empty()) chain_.prev = std::string(head->prev);
    if (const auto placed = continues(chain_, *head); !placed) return stop(misfit_at(line, placed.error()));
    deliver();
    held_bytes_ = line.bytes;
    held_ = Line{held_bytes_, line.number, line.offset};
    follow(chain_, *head, held_bytes_);
    return true;
  }

  bool stop(std::string misfit) {
    result_.misfit = std::move(misfit);
    return false;
  }

  ReadBack end() {
    if (held_ && not_an_object(held_bytes_)) {
      result_.misfit = "the line at byte " + std::to_string(held_->offset) + ": not JSON";
    } else {
      deliver();
    }
    return std::move(result_);
  }

 private:
  void deliver() {
    if (!held_) return;
    if (const auto head = read_head(held_bytes_)) see_(*head, *held_);
    result_.chain = chain_;
    result_.end = held_->offset + held_bytes_.size() + 1;
    result_.last_length = held_bytes_.size();
    held_.reset();
  }

  Chain chain_;  // behind the line that is held back
  const SeeLine& see_;
  std::string held_bytes_;
  std::optional<Line> held_;
  ReadBack result_;
};

}  // namespace

Result<ReadBack> read_back(Reader& file, Chain chain, const SeeLine& see) {
  Reading reading(std::move(chain), see);
  Lines lines(file);
  for (;;) {
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (*line) {
      if (!reading.take(**line)) break;
      continue;
    }
    if (lines.too_long()) {
      reading.stop("a line longer than any record");
    } else if (lines.unfinished() > 0) {
      reading.stop("a last line without its end");
    }
    break;
  }
  return reading.end();
}

Result<std::string> first_line(Reader& file, std::uint64_t seq) {
  Lines lines(file);
  const auto line = lines.next();
  if (!line) return fail(line.error());
  if (!*line) return std::string();
  const auto head = read_head((*line)->bytes);
  if (!head || head->seq != seq || not_an_object((*line)->bytes)) return std::string();
  return std::string((*line)->bytes);
}

}  // namespace canaryd::audit
