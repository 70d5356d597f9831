#include "proof_find.hpp"

#include <functional>
#include <limits>
#include <map>

#include "canaryd/base/text.hpp"
#include "folder.hpp"
#include "head.hpp"
#include "history_open.hpp"
#include "lines.hpp"
#include "names.hpp"
#include "removed.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t most_notes = 5;
constexpr std::size_t shortest_prefix = 6;
constexpr std::size_t most_records = 1000;      // with one id: canaryd writes a handful
constexpr std::size_t most_bytes = 16U << 20U;  // of them, in a proof that can be read

// How an id stands in a line.
std::string as_written(const std::string& id) {
  std::string text;
  append_json_string(text, id);
  return text.substr(1, text.size() - 2);
}

// An id, or how one begins.
class IdMatch {
 public:
  explicit IdMatch(const std::string& id) : wanted_(as_written(id)) {}

  bool takes(std::string_view id) {
    const bool may_be_prefix = wanted_.size() >= shortest_prefix && id.starts_with(wanted_);
    if (id.empty() || (id != wanted_ && !may_be_prefix)) return false;
    if (found_.empty()) found_ = id;
    ambiguous_ = ambiguous_ || found_ != id;
    return !ambiguous_;
  }
  bool ambiguous() const { return ambiguous_; }

 private:
  std::string wanted_;
  std::string found_;
  bool ambiguous_ = false;
};

// What `removed` records say: of single segments, by the first seq, and of all together.
struct Removals {
  std::map<std::uint64_t, std::string> why;
  Runs runs;

  void take(std::string_view line) {
    const auto removed = removed_in(line);
    if (!removed) return;
    why[removed->first_seq] = removed->why;
    runs.add(removed->since_seq, removed->last_seq);
  }
  std::string of(std::uint64_t first_seq, std::uint64_t last_seq) const {
    if (!runs.cover(first_seq, last_seq)) return "missing, and no record says why";
    const auto known = why.find(first_seq);
    return "removed by retention" + (known == why.end() ? std::string() : " (" + known->second + ")");
  }
};

class Search {
 public:
  Search(std::string directory, Files& files) : directory_(std::move(directory)), files_(files) {}

  Status open() {
    auto segments = list_segments(directory_, files_);
    if (!segments) return fail(segments.error());
    segments_ = std::move(*segments);
    return {};
  }

  // Calls `visit` for each whole line that is a record in its place, until it returns false.
  using Visit = std::function<bool(const Head& head, std::string_view line)>;
  Status each(const SegmentFiles& segment, const Visit& visit);
  Status each(const Visit& visit) {
    for (const auto& segment : segments_) {
      if (auto read = each(segment, visit); !read) return read;
    }
    return {};
  }

  const std::vector<SegmentFiles>& segments() const { return segments_; }
  Found& found() { return found_; }
  // Says of the segments without records, or of the one that should hold `seq`, what became of them.
  void explain(const Removals& removals, std::optional<std::uint64_t> seq);

 private:
  struct Absent {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    std::string why;
  };

  std::uint64_t end_of(std::size_t i) const {
    return i + 1 < segments_.size() ? segments_[i + 1].first_seq : std::numeric_limits<std::uint64_t>::max();
  }
  void note(const std::string& file, const Line& line, const std::string& what) {
    if (found_.notes.size() == most_notes) return;
    found_.notes.push_back(path_in(directory_, file) + ":" + std::to_string(line.number) +
                           ": no record in its place: " + what);
  }

  std::string directory_;
  Files& files_;
  std::vector<SegmentFiles> segments_;
  std::vector<Absent> absent_;  // neighbours as one
  Found found_;
};

Status Search::each(const SegmentFiles& segment, const Visit& visit) {
  WatchedReader::Seen seen;
  auto opened = open_segment(directory_, segment, files_, seen);
  if (!opened) return fail(opened.error());
  if (!opened->records) return {};
  Lines lines(*opened->records);
  for (std::uint64_t misfits = 0; misfits < most_misfits;) {
    const auto line = lines.next();
    if (!line) return fail(line.error());
    if (!*line) return {};
    const auto seq = segment.first_seq + (*line)->number - 1;
    const auto head = read_head((*line)->bytes);
    if (!head) {
      ++misfits;
      note(opened->files.records, **line, head.error().what);
    } else if (head->seq != seq) {
      note(opened->files.records, **line, "it says of itself that it is record " + std::to_string(head->seq));
    } else if (!visit(*head, (*line)->bytes)) {
      return {};
    }
  }
  found_.notes.push_back(path_in(directory_, opened->files.records) +
                         ": too many lines that are no records: the rest is not read");
  return {};
}

void Search::explain(const Removals& removals, std::optional<std::uint64_t> seq) {
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    const auto first = segments_[i].first_seq;
    const bool asked = !seq || (first <= *seq && *seq < end_of(i));
    if (!segments_[i].records.empty() || !asked) continue;
    const auto why = removals.of(first, end_of(i) - 1);
    const bool goes_on = !absent_.empty() && absent_.back().end == first && absent_.back().why == why;
    if (goes_on) {
      absent_.back().end = end_of(i);
    } else {
      absent_.push_back({first, end_of(i), why});
    }
  }
  for (const auto& range : absent_) {
    const bool open = range.end == std::numeric_limits<std::uint64_t>::max();
    found_.absent.push_back("the records " + std::to_string(range.begin) + " to " +
                            (open ? std::string("the end") : std::to_string(range.end - 1)) +
                            " are not here: " + range.why);
  }
}

}  // namespace

Result<Found> find_id(const std::string& directory, const std::string& id, Files& files) {
  Search search(directory, files);
  if (auto opened = search.open(); !opened) return fail(opened.error());
  Removals removals;
  IdMatch match(id);
  auto& records = search.found().records;
  std::size_t bytes = 0;
  const auto read = search.each([&](const Head& head, std::string_view line) {
    if (head.kind == Kind::lifecycle) removals.take(line);
    if (match.takes(head.id)) {
      records.push_back({head.seq, std::string(line)});
      bytes += line.size();
    }
    return records.size() <= most_records && bytes <= most_bytes;
  });
  if (!read) return fail(read.error());
  if (match.ambiguous()) return fail(Error::invalid("several ids begin with " + id + ": give more of it"));
  if (records.size() > most_records || bytes > most_bytes) {
    return fail(Error::invalid("more records have the id " + id + " than a proof can hold: name one of them as seq:N"));
  }
  search.explain(removals, std::nullopt);
  return std::move(search.found());
}

Result<Found> find_seq(const std::string& directory, std::uint64_t seq, Files& files) {
  Search search(directory, files);
  if (auto opened = search.open(); !opened) return fail(opened.error());
  const SegmentFiles* holder = nullptr;
  for (const auto& segment : search.segments()) {
    if (segment.first_seq <= seq) holder = &segment;
  }
  if (holder == nullptr) return std::move(search.found());
  auto read = search.each(*holder, [&](const Head& head, std::string_view line) {
    if (head.seq == seq) search.found().records.push_back({seq, std::string(line)});
    return head.seq < seq;
  });
  if (!read) return fail(read.error());
  if (holder->records.empty()) {
    Removals removals;
    read = search.each([&](const Head& head, std::string_view line) {
      if (head.kind == Kind::lifecycle) removals.take(line);
      return true;
    });
    if (!read) return fail(read.error());
    search.explain(removals, seq);
  }
  return std::move(search.found());
}

}  // namespace canaryd::audit
