#include "canaryd/audit/query.hpp"

#include <algorithm>

#include "canaryd/base/text.hpp"
#include "head.hpp"
#include "line.hpp"
#include "lines.hpp"
#include "parse.hpp"
#include "query_backwards.hpp"
#include "query_screen.hpp"
#include "query_segments.hpp"
#include "verify_scan.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t most_problems = 20;
constexpr std::uint64_t pause_every = 64;  // records

// Without the line's own text: who reads this may not be one of those whom the record is for.
std::string why_no_record(std::string_view line) {
  const auto misfit = not_an_object(line);
  return misfit ? misfit->what : "expected members of the types that records have";
}

// For a terminal. Few lines hold more than ASCII, and only these are looked at character by character.
bool is_safe(std::string_view line) {
  const auto is_plain = [](char c) { return static_cast<signed char>(c) >= 0 && c != '\x7f'; };
  return std::all_of(line.begin(), line.end(), is_plain) || printable(line) == line;
}

class Run {
 public:
  Run(QuerySegments segments, const Query& query, const std::function<bool(const Match&)>& visit,
      const std::function<bool()>& pause)
      : segments_(std::move(segments)), query_(query), screen_(query.filter), visit_(visit), pause_(pause) {}

  QueryEnd run() {
    bool going = true;
    for (std::size_t n = 0; going && n < segments_.size(); ++n) {
      going = see_segment(query_.newest_first ? segments_.size() - 1 - n : n);
    }
    return std::move(end_);
  }

 private:
  // The seq that is next once those up to this one were seen; nullopt: none is left.
  std::optional<std::uint64_t> behind(std::uint64_t seq) const {
    if (!query_.newest_first) return seq + 1;
    return seq == 0 ? std::nullopt : std::optional(seq - 1);
  }
  bool is_before_start(std::uint64_t seq) const {
    return query_.from && (query_.newest_first ? seq > *query_.from : seq < *query_.from);
  }

  // These return whether to go on; to stop, they set `next`.
  bool see_segment(std::size_t i) {
    const auto first = segments_.first_seq(i);
    const auto last = segments_.end_seq(i) - 1;
    if (is_before_start(query_.newest_first ? first : last)) return true;
    if (is_within_removed(i)) return true;
    if (is_out_of_time(i)) {
      ++end_.skipped;
    } else if (!read_segment(i)) {
      return false;
    }
    const bool is_last = i == (query_.newest_first ? 0 : segments_.size() - 1);
    return is_last || !pause_ || !pause_() || stop_behind(query_.newest_first ? first : last);
  }

  bool read_segment(std::size_t i) {
    auto reader = segments_.open_records(i);
    if (!reader) return note(reader.error().message), true;
    if (!*reader) return note_removed(i), true;
    if (!query_.newest_first) {
      Lines lines(**reader);
      return read_lines(i, lines);
    }
    BackwardLines lines(std::move(*reader), segments_.is_compressed(i), [this, i]() -> Result<std::unique_ptr<Reader>> {
      auto again = segments_.open_records(i);
      if (again && !*again) return fail(Error::io(segments_.file(i) + ": removed while it was read"));
      return again;
    });
    return read_lines(i, lines);
  }

  template <class Source>
  bool read_lines(std::size_t i, Source& lines) {
    for (misfits_ = 0; misfits_ < most_misfits;) {
      const auto line = lines.next();
      if (!line) return note(line.error().message), true;
      if (!*line) break;
      if (!see(i, **line)) return false;
    }
    if (misfits_ == most_misfits) {
      if (end_.problems.size() == most_problems) end_.problems.pop_back();
      note(segments_.file(i) + ": too many lines that are no records: the rest is not read");
    }
    if (lines.too_long()) {
      note(segments_.file(i) + ": expected lines of at most " + std::to_string(line_limit) + " bytes");
    }
    return true;
  }

  bool see(std::size_t i, const Line& line) {
    const auto start = line_start(line.bytes);
    if (!start || start->seq < segments_.first_seq(i) || start->seq >= segments_.end_seq(i)) {
      return note_line(i, line, "expected a record of this segment"), true;
    }
    if (is_before_start(start->seq)) return true;
    ++end_.records;
    if (screen_.in_time(start->time) && screen_.may_match(line.bytes) && !see_candidate(i, line, *start)) {
      return stop_behind(start->seq);
    }
    return !wants_pause() || stop_behind(start->seq);
  }

  bool see_candidate(std::size_t i, const Line& line, const LineStart& start) {
    if (const auto head = read_head(line.bytes); !head) return note_line(i, line, head.error().what), true;
    if (screen_.is_open() && !query_.parsed) {
      const auto misfit = not_an_object(line.bytes);
      if (misfit) return note_line(i, line, misfit->what), true;
      if (!is_safe(line.bytes)) return note_line(i, line, "a character that records have escaped only"), true;
      return visit_({line.bytes, start.seq, start.time, nullptr});
    }
    const auto record = parse_line(line.bytes);
    if (!record) return note_line(i, line, why_no_record(line.bytes)), true;
    if (!matches(query_.filter, start.time, *record)) return true;
    return visit_({line.bytes, start.seq, start.time, &*record});
  }

  bool is_out_of_time(std::size_t i) const {
    if (!query_.filter.since && !query_.filter.until) return false;
    const auto span = segments_.span(i);
    return span && !screen_.overlaps(span->from, span->to);
  }

  // Of removed segments that stand together only the last has one behind it that tells of its time.
  bool is_within_removed(std::size_t i) const {
    return !segments_.has_records(i) && i + 1 < segments_.size() && !segments_.has_records(i + 1);
  }

  bool wants_pause() const { return pause_ && end_.records % pause_every == 0 && pause_(); }

  bool stop_behind(std::uint64_t seq) {
    end_.next = behind(seq);
    return false;
  }

  void note(std::string problem) {
    if (end_.problems.size() < most_problems) end_.problems.push_back(std::move(problem));
  }
  void note_line(std::size_t i, const Line& line, const std::string& what) {
    ++misfits_;
    note(segments_.file(i) + ": byte " + std::to_string(line.offset) + ": " + what);
  }
  void note_removed(std::size_t i) {
    const auto end = segments_.end_seq(i);
    while (i > 0 && !segments_.has_records(i - 1)) --i;
    end_.removed = "the records " + std::to_string(segments_.first_seq(i)) + " to " + std::to_string(end - 1) +
                   " are no longer in the log";
  }

  QuerySegments segments_;
  const Query& query_;
  Screen screen_;
  const std::function<bool(const Match&)>& visit_;
  const std::function<bool()>& pause_;
  QueryEnd end_;
  std::uint64_t misfits_ = 0;  // of the segment that is read
};

}  // namespace

Result<QueryEnd> run_query(const std::string& directory, Files& files, const Query& query,
                           const std::function<bool(const Match&)>& visit, const std::function<bool()>& pause) {
  auto segments = QuerySegments::open(directory, files);
  if (!segments) return fail(segments.error());
  return Run(std::move(*segments), query, visit, pause).run();
}

}  // namespace canaryd::audit
