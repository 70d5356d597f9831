#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "canaryd/audit/explain.hpp"
#include "story_course.hpp"
#include "story_patch.hpp"
#include "story_words.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t most_labels = 12;
constexpr std::size_t most_paths = 100;
constexpr std::array<std::string_view, 4> labels_first{"revision", "component", "percent", "severity"};

void section(std::string& out, const std::string& heading, const std::string& lines) {
  if (!lines.empty()) out += "\n" + heading + "\n" + lines;
}

std::string line(const std::string& text) { return "  " + text + "\n"; }

// What the story's heading and the alert's name say already.
bool is_told(const std::string& label, const std::string& value, const Record& record) {
  if (label == "alertname") return true;
  return record.target && ((label == "namespace" && value == record.target->ns) ||
                           (label == "inferenceservice" && value == record.target->name));
}

std::string label_words(const AlertRef& alert, const Record& record) {
  std::vector<std::string> words;
  const auto add = [&](const std::pair<std::string, std::string>& label) {
    if (!is_told(label.first, label.second, record)) words.push_back(shown(label.first) + " " + shown(label.second));
  };
  const auto is_first = [](const auto& label) {
    return std::find(labels_first.begin(), labels_first.end(), label.first) != labels_first.end();
  };
  for (const auto name : labels_first) {
    for (const auto& label : alert.labels) {
      if (label.first == name) add(label);
    }
  }
  for (const auto& label : alert.labels) {
    if (!is_first(label)) add(label);
  }
  std::string out;
  for (std::size_t i = 0; i < words.size() && i < most_labels; ++i) out += (i == 0 ? "" : ", ") + words[i];
  if (words.size() > most_labels) out += ", and " + std::to_string(words.size() - most_labels) + " more";
  return out;
}

std::string alert_words(const AlertRef& alert) {
  const std::string name = alert.name.empty() ? "An alert without a name" : "The alert " + shown(alert.name);
  std::string out =
      name + (alert.status == "resolved" ? " is resolved; it began " : " was firing since ") + shown(alert.starts_at);
  return out + (alert.value.empty() ? std::string() : ", with the value " + shown(alert.value)) + ".";
}

std::string tell_cause(const Record& record) {
  std::string out;
  for (const auto& alert : record.alerts) {
    out += line(alert_words(alert));
    const auto labels = label_words(alert, record);
    if (!labels.empty()) out += line("  Its labels: " + labels + ".");
  }
  const std::string from = record.peer.empty() ? std::string() : " from " + shown(record.peer);
  if (!record.alerts.empty() && !record.actor.empty()) out += line(shown(record.actor) + " delivered it" + from + ".");
  if (record.alerts.empty() && !record.because.empty()) {
    out += line(shown(record.actor) + " asked for it" + from + ": " + shown(record.because));
  }
  if (record.kind == Kind::received) {
    out += line("Requests" + from + ", refused before anything was decided.");
  }
  for (const auto& guard : record.guards) {
    if (guard.overridden) out += line("Passed over by name: " + shown(guard.guard) + ".");
  }
  return out;
}

std::string tell_service(const Record& record) {
  std::string out;
  if (record.target) {
    out += line(
        "The service " + about(record) +
        (record.target->uid.empty() ? ", which was not read." : ", uid " + shown(record.target->uid) + ".") +
        (record.generation == 0 ? "" : " The object had the generation " + std::to_string(record.generation) + "."));
  }
  for (const auto& change : record.changes) {
    out += line(shown(change.component) + ": the canary is " + shown(change.canary) + " with " +
                share(change.percent_before) +
                (change.stable.empty() ? std::string() : "; the stable revision is " + shown(change.stable)) + ".");
  }
  if (!record.policy_sha256.empty()) out += line("The policy's SHA-256: " + shown(record.policy_sha256));
  if (!record.config_sha256.empty()) out += line("The configuration's SHA-256: " + shown(record.config_sha256));
  return out;
}

// The one that decided is the first that did not pass and was not passed over.
std::string tell_guards(const Record& record, const Glossary& glossary) {
  std::string out;
  for (const auto& guard : record.guards) {
    const auto meaning = glossary.guard ? glossary.guard(guard.guard) : std::string();
    out += line((guard.passed ? "yes  " : (guard.overridden ? "NO, passed over  " : "NO   ")) + shown(guard.guard) +
                (meaning.empty() ? std::string() : ": " + shown(meaning)) +
                (guard.detail.empty() ? std::string() : ". Seen: " + shown(guard.detail)));
  }
  return out;
}

std::string tell_change(const std::vector<Dated>& records) {
  std::string out;
  const auto& changes = records.front().record.changes;
  for (const auto& change : changes) out += line(change_words(change));
  const auto with_patch =
      std::find_if(records.begin(), records.end(), [](const auto& d) { return !d.record.patch.empty(); });
  if (with_patch == records.end()) return out;
  out += line("The patch:");
  for (const auto& words : patch_words(with_patch->record.patch)) out += line("  " + words);
  return out;
}

std::string tell_details(const Record& record) {
  if (record.kind == Kind::confirmed || record.kind == Kind::unconfirmed) return {};
  std::string out;
  for (const auto& [name, value] : record.details)
    out += line(shown(name) + (value.empty() ? "" : ": " + shown(value)));
  if (record.count > 0) out += line("count: " + std::to_string(record.count));
  return out;
}

std::string tell_shortened(const std::vector<Dated>& records) {
  std::vector<std::string> paths;
  for (const auto& one : records) {
    for (const auto& path : one.record.shortened) {
      if (paths.size() == most_paths) break;
      if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
    }
  }
  std::string out;
  for (const auto& path : paths) out += line(shown(path));
  return out;
}

// What it came to: its newest record's sentence, and what the verdict and the reason mean.
std::string tell_end(const Case& found, const Glossary& glossary) {
  const Record& last = found.records.back().record;
  std::string out = shown(last.message) + "\n";
  if (last.kind == Kind::intent)
    out += "What became of it is not recorded yet: canaryd settles it when it can, at its next start at the latest.\n";
  if (!last.verdict.empty()) {
    const auto meaning = glossary.reason ? glossary.reason(last.reason) : std::string();
    out += "Verdict " + shown(last.verdict) + ", reason " + shown(last.reason) +
           (meaning.empty() ? "." : ": " + shown(meaning)) + "\n";
  }
  return out;
}

std::string tell_place(const Case& found) {
  const auto& first = found.records.front();
  const auto& last = found.records.back();
  std::string out = "Id " + shown(found.id) + ", " + name_of(first.record.kind) +
                    (first.record.event.empty() ? std::string() : " " + shown(first.record.event)) + ", " +
                    moment(first.time) + " UTC. ";
  if (found.records.size() == 1) return out + "Record " + std::to_string(first.seq) + " of the log.\n";
  return out + std::to_string(found.records.size()) + " records, from " + std::to_string(first.seq) + " to " +
         std::to_string(last.seq) + " of the log.\n";
}

}  // namespace

std::string tell(const Case& found, const Glossary& glossary) {
  const Record& first = found.records.front().record;
  std::string out = tell_end(found, glossary) + tell_place(found);
  section(out, "Who and what asked for it", tell_cause(first));
  section(out, "What canaryd knew", tell_service(first));
  section(out, "What it asked itself", tell_guards(first, glossary));
  section(out, first.kind == Kind::intent ? "What it changed" : "What it would change", tell_change(found.records));
  section(out, "What it holds besides", tell_details(first));
  section(out, "What happened (UTC)", tell_course(found));
  section(out, "What came later", tell_later(found));
  section(out, "Cut, or taken out as a secret, before it was written", tell_shortened(found.records));
  return out;
}

}  // namespace canaryd::audit
