#include "verify_records.hpp"

#include "audit/format/json_scan.hpp"
#include "audit/format/parse.hpp"

namespace canaryd::audit {

namespace {

// More are counted only: whoever writes a hostile log chooses their number and length.
constexpr std::size_t intent_limit = 1000;
constexpr std::size_t id_limit = 256;

bool is_event(std::string_view line, const char* event) {
  // Unescaped quotes stand around members only, so this cannot come from a value.
  return line.find(std::string("\"event\":\"") + event + "\"") != std::string_view::npos;
}

}  // namespace

Result<std::optional<Head>> RecordCheck::see(const std::string& file, const Line& line) {
  const auto head = read_head(line.bytes);
  if (!head) {
    chain_.form_fault(file, line, head.error());
    return std::optional<Head>();
  }
  if (const auto misfit = not_an_object(line.bytes)) {
    chain_.form_fault(file, line, *misfit);
    return std::optional<Head>();
  }
  if (line.number == 1 && head->seq == 0) log_id_ = std::string(head->log_id);
  const bool in_place = chain_.may_be_next(head->seq);
  chain_.see(file, line, *head);
  follow_intents(*head);
  if (head->kind == Kind::lifecycle) {
    if (auto read = lifecycle(file, line, *head); !read) return fail(read.error());
  }
  if (line.number == 1 && in_place && head->seq != 0 && !is_event(line.bytes, "rotated")) {
    findings_.fault({file, 1, line.offset, "expected a record of event rotated as the first of a later segment"});
  }
  return std::optional<Head>(*head);
}

Status RecordCheck::lifecycle(const std::string& file, const Line& line, const Head& head) {
  const bool of_the_log = is_event(line.bytes, "rotated") || is_event(line.bytes, "removed") ||
                          is_event(line.bytes, "recovered") || is_event(line.bytes, "created");
  if (!of_the_log) return {};
  const auto record = parse_line(line.bytes);
  if (!record) {
    findings_.fault({file, line.number, line.offset, record.error().message});
    return {};
  }
  const LoggedAt logged{file, line, *record};
  if (record->event == "rotated") rotated(logged, head);
  if (record->event == "removed") rotation_.removed(logged);
  if (record->event == "created") recovery_.created(logged);
  if (record->event == "recovered") return recovery_.recovered(logged);
  return {};
}

void RecordCheck::rotated(const LoggedAt& logged, const Head& head) {
  const auto log = detail_of(logged.record, "log");
  if (log_id_.empty()) log_id_ = log;
  if (log != log_id_) {
    findings_.fault({logged.file, logged.line.number, logged.line.offset,
                     "expected a segment of the log " + log_id_ + ", got one of " + log});
  }
  if (logged.line.number != 1 || head.seq == 0) {
    findings_.fault({logged.file, logged.line.number, logged.line.offset,
                     "expected a record of event rotated nowhere but at the beginning of a later segment"});
    return;
  }
  if (chain_.undecided()) return;  // a line of the segment before may be the one that was changed
  std::optional<TreeHead> tree;
  if (!findings_.broken(Check::integrity) && !roots_.lost() && roots_.size() == head.seq) tree = roots_.head();
  rotation_.rotated(logged, tree);
}

void RecordCheck::follow_intents(const Head& head) {
  if (head.kind != Kind::intent && head.kind != Kind::outcome) return;
  const auto id = head.id.substr(0, id_limit);
  if (head.kind == Kind::intent) {
    if (open_intents_.size() < intent_limit) {
      open_intents_.emplace(id);
    } else {
      ++more_intents_;
    }
  } else if (const auto found = open_intents_.find(id); found != open_intents_.end()) {
    open_intents_.erase(found);
  } else if (more_intents_ > 0) {
    --more_intents_;
  }
}

std::vector<std::string> RecordCheck::open_intents() const { return {open_intents_.begin(), open_intents_.end()}; }

}  // namespace canaryd::audit
