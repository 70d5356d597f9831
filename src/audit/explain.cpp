#include "canaryd/audit/explain.hpp"

#include <algorithm>
#include <utility>

#include "canaryd/audit/query.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "story_words.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t id_length = 32;
constexpr std::size_t least_digits = 6;
constexpr std::size_t most_records = 100;
constexpr std::size_t most_later = 8;
// Of the lines that are kept, beside the first: far beyond what canaryd writes about one decision.
constexpr std::size_t most_bytes = 8U << 20U;

bool is_id(std::string_view text) {
  return text.size() >= least_digits && text.size() <= id_length &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

Dated dated(const Match& match) { return {match.seq, parse_rfc3339(match.time).value_or(WallTime{}), *match.record}; }

// What could not be read may hold what is looked for.
Status complete(const Result<QueryEnd>& end) {
  if (!end) return fail(end.error());
  if (!end->problems.empty()) return fail(Error::io(end->problems.front()));
  return {};
}

Query ask(FilterKey key, std::vector<std::string> values) {
  Query query;
  auto& patterns = query.filter.patterns[key];
  for (auto& value : values) patterns.emplace_back(std::move(value));
  return query;
}

Result<Case> records_of(const std::string& directory, Files& files, const std::string& id) {
  Case found;
  std::string other;
  std::size_t bytes = 0;
  const auto end =
      run_query(directory, files, ask(FilterKey::id, {id.size() < id_length ? id + "*" : id}), [&](const Match& match) {
        if (found.id.empty()) found.id = match.record->id;
        if (match.record->id != found.id) other = match.record->id;
        bytes += match.line.size();
        const bool has_room = found.records.size() < most_records && bytes <= most_bytes;
        if (other.empty() && (found.records.empty() || has_room)) found.records.push_back(dated(match));
        return other.empty();
      });
  if (!end) return fail(end.error());
  if (!other.empty()) {
    return fail(Error::invalid("several ids begin with " + id + ", expected more digits: " + escaped(found.id) + ", " +
                               escaped(other)));
  }
  if (found.records.empty()) {
    if (const auto whole = complete(end); !whole) return fail(whole.error());
    return fail(Error::not_found(directory + ": no record with the id " + id +
                                 (end->removed.empty() ? std::string() : "; " + end->removed)));
  }
  return found;
}

bool share_an_alert(const Record& a, const Record& b) {
  return std::any_of(a.alerts.begin(), a.alerts.end(), [&](const AlertRef& one) {
    return std::any_of(b.alerts.begin(), b.alerts.end(), [&](const AlertRef& other) {
      return one.fingerprint == other.fingerprint && one.starts_at == other.starts_at;
    });
  });
}

// What moved the service's traffic, or decided about its holds.
bool matters_later(const Record& record) {
  if (record.kind == Kind::decision) return record.action == "observation";
  if (record.kind != Kind::outcome) return false;
  const bool was_held = record.verdict == "act" && (record.action == "hold" || record.action == "release");
  return was_held || (record.api && record.api->result == "applied");
}

class Surroundings {
 public:
  explicit Surroundings(Case& found) : found_(found), first_(found.records.front()) {}

  // nullopt: nothing in the log can belong to it.
  std::optional<Query> query() const {
    const Record& record = first_.record;
    if (record.target) return ask(FilterKey::target, {record.target->ns + "/" + record.target->name});
    if (record.action == "hold") return ask(FilterKey::action, {"release"});
    if (record.action == "stop") return ask(FilterKey::action, {"start"});
    return std::nullopt;
  }

  void see(const Match& match) {
    if (match.record->id == found_.id) return;
    if (match.seq < first_.seq) {
      if (!found_.first_heard && share_an_alert(*match.record, first_.record)) found_.first_heard = dated(match);
    } else if (first_.record.target ? matters_later(*match.record) : ends_it(*match.record)) {
      add_later(match);
    }
  }

 private:
  bool ends_it(const Record& record) const {
    return record.kind == Kind::outcome && record.verdict == "act" &&
           detail_of(record, "scope") == detail_of(first_.record, "scope");
  }
  void add_later(const Match& match) {
    bytes_ += match.line.size();
    if (found_.later.size() < most_later && bytes_ <= most_bytes) {
      found_.later.push_back(dated(match));
    } else {
      ++found_.more_later;
    }
  }

  Case& found_;
  const Dated first_;
  std::size_t bytes_ = 0;  // of what came later
};

}  // namespace

Result<Case> find_case(const std::string& directory, Files& files, const std::string& id) {
  if (!is_id(id)) {
    return fail(Error::invalid("expected the id of a record, " + std::to_string(id_length) +
                               " hexadecimal digits, or its first ones, " + std::to_string(least_digits) +
                               " at least, got \"" + escaped(id) + "\""));
  }
  auto found = records_of(directory, files, id);
  if (!found) return found;
  Surroundings around(*found);
  const auto query = around.query();
  if (!query) return found;
  const auto end = run_query(directory, files, *query, [&](const Match& match) {
    around.see(match);
    return true;
  });
  if (!end) return fail(end.error());
  return found;
}

}  // namespace canaryd::audit
