#include "canaryd/audit/query_pages.hpp"

#include <atomic>
#include <chrono>
#include <memory>

#include "canaryd/audit/query.hpp"
#include "query_cursor.hpp"

namespace canaryd::audit {

namespace {

constexpr int at_once = 2;
constexpr std::size_t page_bytes = 512U << 10U;
constexpr std::chrono::seconds budget{2};
constexpr std::chrono::seconds come_again{1};
constexpr std::size_t log_digits = 8;

// One of the pages that are read at the same time.
class Place {
 public:
  explicit Place(std::atomic<int>& taken) : taken_(taken), is_free_(taken.fetch_add(1) < at_once) {}
  ~Place() { taken_.fetch_sub(1); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  bool is_free() const { return is_free_; }

 private:
  std::atomic<int>& taken_;
  const bool is_free_;
};

class Pages {
 public:
  Pages(std::string directory, Files& files, const Clock& clock, const std::string& log_id)
      : directory_(std::move(directory)), files_(files), clock_(clock), log_(log_id.substr(0, log_digits)) {}

  Result<Page> read(const PageRequest& request) {
    auto start = start_of(request);
    if (!start) return fail(start.error());
    Query query;
    auto filter = read_filter(request.conditions, start->asked_at);
    if (!filter) return fail(filter.error());
    query.filter = std::move(*filter);
    query.filter.namespaces = request.namespaces;
    query.newest_first = request.newest_first;
    query.parsed = false;
    if (!request.cursor.empty()) query.from = start->seq;
    const Place place(taken_);
    if (!place.is_free()) return fail({ErrorKind::throttled, "two queries are running", 0, come_again});
    return run(query, std::move(*start), request.limit);
  }

 private:
  Result<Cursor> start_of(const PageRequest& request) const {
    if (request.cursor.empty()) return Cursor{log_, request.newest_first, 0, clock_.now()};
    auto cursor = read_cursor(request.cursor);
    if (!cursor) return fail(Error::invalid("cursor: expected the next of a page"));
    if (cursor->log != log_) return fail(Error::invalid("cursor: expected one of this log, which began anew"));
    if (cursor->newest_first != request.newest_first) {
      return fail(Error::invalid("cursor: expected the same parameters as for the page before, reverse is another"));
    }
    return *cursor;
  }

  Result<Page> run(const Query& query, Cursor cursor, std::size_t limit) const {
    Page page;
    std::size_t bytes = 0;
    const auto visit = [&](const Match& match) {
      page.records.emplace_back(match.line);
      bytes += match.line.size();
      return page.records.size() < limit && bytes < page_bytes;
    };
    const auto until = clock_.steady() + budget;
    const auto pause = [&] { return clock_.steady() >= until; };
    auto end = run_query(directory_, files_, query, visit, pause);
    if (!end) return fail(end.error());
    if (end->next) {
      cursor.seq = *end->next;
      page.next = to_text(cursor);
    }
    page.problems = std::move(end->problems);
    page.removed = std::move(end->removed);
    return page;
  }

  const std::string directory_;
  Files& files_;
  const Clock& clock_;
  const std::string log_;
  std::atomic<int> taken_{0};
};

}  // namespace

PageReader page_reader(std::string directory, Files& files, const Clock& clock, const std::string& log_id) {
  // std::function copies what it calls.
  const auto pages = std::make_shared<Pages>(std::move(directory), files, clock, log_id);
  return [pages](const PageRequest& request) { return pages->read(request); };
}

}  // namespace canaryd::audit
