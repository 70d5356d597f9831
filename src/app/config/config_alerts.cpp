#include <algorithm>
#include <initializer_list>

#include "canaryd/base/text.hpp"
#include "config_parts.hpp"
#include "config_values.hpp"
#include "shipped_alerts.hpp"

namespace canaryd::app {
namespace {

// `label op "value"` without the blanks that may stand around its operator: two spellings of one matcher are equal.
std::string tight(const std::string& matcher) {
  const auto quote = std::min(matcher.find('"'), matcher.size());
  std::string out = matcher.substr(0, quote);
  std::erase(out, ' ');
  auto end = matcher.find_last_not_of(' ');
  return quote == matcher.size() ? out : out + matcher.substr(quote, end + 1 - quote);
}

// True when the matcher holds for every alert (each alert has an alertname).
bool always(const std::string& matcher) {
  if (matcher.ends_with("=~\".*\"")) return true;
  const std::initializer_list<std::string_view> forms{"alertname=~\".+\"", "alertname!=\"\""};
  return std::find(forms.begin(), forms.end(), matcher) != forms.end();
}

bool about_alertname(const std::string& matcher) {
  return matcher.starts_with("alertname=") || matcher.starts_with("alertname!");
}

// The one alertname that `mapping` can match, empty when that is not certain.
std::string only_alertname(const alert::Mapping& mapping) {
  const std::string head = "alertname=\"";
  for (const auto& matcher : mapping.matchers) {
    const std::string text = tight(matcher.text());
    if (text.starts_with(head) && text.find('\\') == std::string::npos) {
      return text.substr(head.size(), text.size() - head.size() - 1);
    }
  }
  return {};
}

// Whether `later` can never be reached because each of its alerts matches `earlier`. Sure when true.
bool covers(const alert::Mapping& earlier, const alert::Mapping& later) {
  const std::string name = only_alertname(later);
  return std::all_of(earlier.matchers.begin(), earlier.matchers.end(), [&](const alert::Matcher& matcher) {
    const std::string text = tight(matcher.text());
    if (always(text)) return true;
    if (!name.empty() && about_alertname(text) && matcher.matches({{"alertname", name}})) return true;
    return std::any_of(later.matchers.begin(), later.matchers.end(),
                       [&](const alert::Matcher& own) { return tight(own.text()) == text; });
  });
}

// Safe to show, with the quotes of the matcher as they were written.
std::string readable(const std::string& message) {
  std::string out;
  std::size_t from = 0;
  while (from < message.size()) {
    const auto at = std::min(message.find_first_of("\"\\", from), message.size());
    out += escaped(std::string_view(message).substr(from, at - from), 512);
    if (at < message.size()) out += message[at];
    from = at + 1;
  }
  return out;
}

bool read_matchers(Section& entry, std::vector<alert::Matcher>& out) {
  std::vector<std::string> texts;
  const Wanted wanted{"a matcher in quotes, such as 'alertname=~\"Canary.*\"'", nullptr, true};
  if (!entry.texts("matchers", wanted, texts)) return false;
  if (texts.empty()) {
    entry.problem("matchers", "got an empty list, expected at least one matcher ('alertname=~\".+\"' is every alert)");
    return false;
  }
  bool good = true;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto matcher = alert::Matcher::parse(texts[i]);
    if (matcher) {
      out.push_back(std::move(*matcher));
    } else {
      good = false;
      entry.problem_at(entry.place_of("matchers", i), "matchers[" + std::to_string(i) + "]",
                       readable(matcher.error().message));
    }
  }
  return good;
}

void read_labels(Section labels, alert::TargetLabels& out) {
  const Wanted wanted{"the name of a label, such as exported_namespace", is_label_name};
  labels.text("namespace", wanted, out.ns);
  labels.text("name", wanted, out.name);
  labels.text("revision", wanted, out.revision);
  labels.text("percent", wanted, out.percent);
  labels.done();
}

}  // namespace

void read_alerts(Section& root, std::vector<alert::Mapping>& out) {
  static const std::vector<std::pair<std::string, alert::Action>> actions{{"rollback", alert::Action::rollback},
                                                                          {"advance", alert::Action::advance},
                                                                          {"hold", alert::Action::hold},
                                                                          {"heartbeat", alert::Action::heartbeat},
                                                                          {"ignore", alert::Action::ignore}};
  struct Seen {
    alert::Mapping mapping;
    int line;
  };
  std::vector<Seen> seen;
  for (auto& entry : root.sections("alerts", "a map with matchers and action", false)) {
    alert::Mapping mapping;
    const bool whole = read_matchers(entry, mapping.matchers);
    entry.choice("action", actions, mapping.action, true);
    read_labels(entry.section("labels", false, "a map with namespace, name or revision"), mapping.labels);
    entry.done();
    const auto first =
        std::find_if(seen.begin(), seen.end(), [&](const Seen& s) { return whole && covers(s.mapping, mapping); });
    if (first != seen.end()) {
      entry.problem("", "never reached, expected it before the entry on line " + std::to_string(first->line) +
                            ", which matches every alert that this one does");
    }
    if (whole) seen.push_back({mapping, entry.place().line});
    out.push_back(std::move(mapping));
  }
  if (!root.has("alerts")) out = shipped_alerts();
}

}  // namespace canaryd::app
