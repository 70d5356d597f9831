#include "telling_log.hpp"

#include <optional>

#include "canaryd/audit/redaction.hpp"
#include "canaryd/policy/reason.hpp"

namespace canaryd::engine {

namespace {

using audit::Kind;
using audit::Record;

// What became of a rehearsal or a confirmation is news only when it is bad.
bool is_told(const Record& record) {
  if (!record.target || record.target->uid.empty()) return false;
  if (record.kind == Kind::outcome || record.kind == Kind::unconfirmed) return true;
  return record.kind == Kind::decision && record.reason != "resolved" && record.reason != "rehearsed";
}

// A step forward that has to wait is the usual course of things.
bool is_warning(const Record& record) {
  if (record.kind == Kind::unconfirmed || record.action == "observation" || record.verdict == "retry") return true;
  return record.action == "rollback" || record.action == "restart" || record.action == "rehearsal";
}

void tell(Events& events, Record record) {
  const auto reason = policy::find_reason(record.reason);
  if (!is_told(record) || !reason) return;
  // As the log does it further down: an Event is read by more people than the log.
  audit::redact(record, {});
  const Target target{Namespace(record.target->ns), ServiceName(record.target->name)};
  events.say(target, Uid(record.target->uid), is_warning(record), *reason, record.message);
}

}  // namespace

Result<std::uint64_t> TellingLog::append(const Record& record) {
  auto written = log_.append(record);
  if (written) tell(events_, record);
  return written;
}

Result<std::uint64_t> TellingLog::append(const std::vector<Record>& records) {
  auto written = log_.append(records);
  if (!written) return written;
  for (const auto& record : records) tell(events_, record);
  return written;
}

}  // namespace canaryd::engine
