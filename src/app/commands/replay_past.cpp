#include "replay_past.hpp"

#include <filesystem>
#include <string_view>
#include <utility>

#include "canaryd/audit/history.hpp"
#include "canaryd/base/file.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::app {

namespace {

constexpr std::size_t most_notification_bytes = 256u << 20;  // of a file with one a line
constexpr std::size_t head_bytes = 16;                       // of a file, to see what it is

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

std::string place(const std::string& file, std::size_t line) { return file + ":" + std::to_string(line); }

void visit_notification(alert::Notification notification, const std::string& where,
                        const std::function<void(const PastDelivery&)>& visit) {
  PastDelivery delivery;
  for (auto& alert : notification.alerts) {
    const WallTime at = alert.starts_at;
    delivery.push_back({where, at, std::move(alert), {}, {}, std::nullopt});
  }
  visit(delivery);
}

Result<PastCount> read_notifications(const std::string& path, const std::function<void(const PastDelivery&)>& visit) {
  const auto text = read_file(path, most_notification_bytes);
  if (!text) return fail(text.error());
  auto whole = alert::parse_notification(*text);
  if (whole) {
    visit_notification(std::move(*whole), path, visit);
    return PastCount{};
  }
  // Not one document: one a line, if the first line is one by itself.
  bool is_lines = false;
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < text->size();) {
    const std::size_t end = std::min(text->find('\n', begin), text->size());
    const auto line = std::string_view(*text).substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (is_blank(line)) continue;
    auto one = alert::parse_notification(line);
    if (!one && !is_lines) break;
    if (!one) return fail(Error::invalid(place(path, number) + ": " + one.error().message));
    is_lines = true;
    visit_notification(std::move(*one), place(path, number), visit);
  }
  if (is_lines) return PastCount{};
  return fail(Error::invalid(path + ": neither a notification of Alertmanager's webhook (" + whole.error().message +
                             ") nor one a line nor an audit log"));
}

// Of a decision's records those that say what was decided about alerts. What came of it depends on the cluster alone.
bool tells_a_decision(const audit::Record& record) {
  return (record.kind == audit::Kind::intent || record.kind == audit::Kind::decision) && !record.alerts.empty();
}

Result<PastAlert> past_alert(const audit::Entry& entry, const audit::AlertRef& ref) {
  const std::string where = place(entry.file, entry.line);
  PastAlert past{where, {}, {}, {}, entry.record.actor, entry.record};
  const auto at = parse_rfc3339(entry.time);
  if (!at) return fail(Error::invalid(where + ": time: expected RFC 3339"));
  past.at = *at;
  // Of a truncated group there is no alert, and so no time.
  past.alert.starts_at = parse_rfc3339(ref.starts_at).value_or(past.at);
  past.alert.status = ref.status == "resolved" ? alert::AlertStatus::resolved : alert::AlertStatus::firing;
  past.alert.fingerprint = ref.fingerprint;
  past.alert.labels.insert(ref.labels.begin(), ref.labels.end());
  if (!ref.value.empty()) past.alert.annotations["value"] = ref.value;
  if (const auto& target = entry.record.target) {
    past.url = {Namespace(target->ns), ServiceName(target->name)};
  }
  return past;
}

}  // namespace

Result<PastCount> read_past(const std::string& path, const std::function<void(const PastDelivery&)>& visit) {
  const auto files = audit::posix_files();
  std::error_code unknown;
  const bool is_folder = std::filesystem::is_directory(path, unknown);
  if (!is_folder) {
    auto file = files->open_read(path);
    if (!file) return fail(file.error());
    const auto head = (*file)->read(0, head_bytes);
    if (!head) return fail(head.error());
    if (!audit::begins_like_a_log(*head)) return read_notifications(path, visit);
  }
  PastCount count;
  std::optional<Error> failed;
  const auto each = [&](const audit::Entry& entry) {
    if (failed) return;
    if (!tells_a_decision(entry.record)) {
      ++count.others;
      return;
    }
    PastDelivery delivery;
    for (const auto& ref : entry.record.alerts) {
      auto past = past_alert(entry, ref);
      if (!past) {
        failed = past.error();
        return;
      }
      delivery.push_back(std::move(*past));
    }
    visit(delivery);
  };
  const auto read = is_folder ? audit::read_log(path, *files, each) : audit::read_segment(path, *files, each);
  if (failed) return fail(*failed);
  if (!read) return fail(read.error());
  return count;
}

}  // namespace canaryd::app
