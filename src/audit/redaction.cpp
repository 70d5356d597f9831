#include "canaryd/audit/redaction.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "canaryd/audit/query_filter.hpp"
#include "redaction_secrets.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view cut_mark = "...";

// One record on its way.
class Redaction {
 public:
  Redaction(Record& record, const RedactionRules& rules) : record_(record), rules_(rules) {}

  void run() {
    forget_the_absent();
    drop_alerts();
    for (std::size_t i = 0; i < record_.alerts.size(); ++i) {
      clean(record_.alerts[i], "alerts[" + std::to_string(i) + "]");
    }
    const std::string because = record_.because;
    outside(record_.because, "because", bounds::because);
    if (record_.api) clean(*record_.api);
    clean_details();
    for (std::size_t i = 0; i < record_.guards.size(); ++i) {
      cut(record_.guards[i].detail, "guards[" + std::to_string(i) + "].detail", bounds::detail);
    }
    cut(record_.actor, "actor", bounds::name);
    cut(record_.peer, "peer", bounds::name);
    quote(because);
    cut(record_.message, "message", bounds::message);
    say_less();
  }

 private:
  // A later record repeats an earlier one but for some of its members.
  void forget_the_absent() {
    std::erase_if(record_.shortened, [&](const std::string& path) {
      if (path.starts_with("api.")) return !record_.api;
      if (path.starts_with("details")) return record_.details.empty();
      return path == "message";
    });
  }

  void drop_alerts() {
    if (record_.alerts.size() <= bounds::alerts) return;
    record_.alerts.resize(bounds::alerts);
    changed("alerts");
  }

  void clean(AlertRef& alert, const std::string& path) {
    drop_labels(alert.labels, path + ".labels");
    const std::string labels = path + ".labels.";
    for (auto& [name, value] : alert.labels) {
      const std::string place = labels + name;
      if (is_redacted(name)) {
        replace(value, place);
      } else {
        outside(value, place, bounds::label_value);
      }
    }
    if (is_redacted("alertname")) {
      replace(alert.name, path + ".name");
    } else {
      outside(alert.name, path + ".name", bounds::name);
    }
    outside(alert.value, path + ".value", bounds::name);
    outside(alert.fingerprint, path + ".fingerprint", bounds::name);
  }

  // Those that fit, in their order.
  void drop_labels(Pairs& labels, const std::string& path) {
    std::size_t kept = 0;
    const auto fits = [&](const std::pair<std::string, std::string>& label) {
      const auto bytes = label.first.size() + std::min(label.second.size(), bounds::label_value);
      if (label.first.size() > bounds::label_name || kept == bounds::labels) return false;
      if (bytes_ + bytes > bounds::all_labels) return false;
      bytes_ += bytes;
      ++kept;
      return true;
    };
    if (std::erase_if(labels, [&](const auto& label) { return !fits(label); }) > 0) changed(path);
  }

  void clean(ApiAnswer& api) {
    outside(api.detail, "api.detail", bounds::detail);
    if (api.admission_changed.size() > bounds::admission_changed) {
      api.admission_changed.resize(bounds::admission_changed);
      changed("api.admission_changed");
    }
    for (auto& path : api.admission_changed) cut(path, "api.admission_changed", bounds::name);
  }

  void clean_details() {
    if (record_.details.size() > bounds::details) {
      record_.details.resize(bounds::details);
      changed("details");
    }
    for (auto& [name, value] : record_.details) outside(value, "details." + name, bounds::detail);
  }

  bool is_redacted(std::string_view label) const {
    return names_a_secret(label) || std::any_of(rules_.labels.begin(), rules_.labels.end(),
                                                [&](const auto& pattern) { return Pattern(pattern).matches(label); });
  }

  void replace(std::string& text, const std::string& path) {
    if (text.empty() || text == redacted_text) return;
    text = redacted_text;
    changed(path);
  }

  void outside(std::string& text, const std::string& path, std::size_t limit) {
    auto clean = without_secrets(text);
    if (clean != text) changed(path);
    text = std::move(clean);
    cut(text, path, limit);
  }

  // Of canaryd's own words only the message repeats a text from outside, and whole. Nothing found there is looked for
  // in any other member: a word in a reason must not blank who gave it.
  void quote(const std::string& because) {
    if (because == record_.because) return;
    const auto at = record_.message.find(because);
    if (at == std::string::npos) return;
    record_.message.replace(at, because.size(), record_.because);
    changed("message");
  }

  void cut(std::string& text, const std::string& path, std::size_t limit) {
    if (text.size() <= limit) return;
    auto end = limit - cut_mark.size();
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    text += cut_mark;
    changed(path);
  }

  void changed(const std::string& path) {
    auto& all = record_.shortened;
    if (std::find(all.begin(), all.end(), path) == all.end()) all.push_back(path);
  }

  void say_less() {
    if (record_.shortened.size() <= bounds::shortened) return;
    for (const auto& path : std::exchange(record_.shortened, {})) changed(path.substr(0, path.find_first_of(".[")));
  }

  Record& record_;
  const RedactionRules& rules_;
  std::size_t bytes_ = 0;  // of the labels so far
};

}  // namespace

void redact(Record& record, const RedactionRules& rules) { Redaction(record, rules).run(); }

std::string without_secrets(std::string text) {
  const auto spans = find_secrets(text);
  for (auto span = spans.rbegin(); span != spans.rend(); ++span) text.replace(span->at, span->length, redacted_text);
  return text;
}

}  // namespace canaryd::audit
