#include "route_findings.hpp"

#include <algorithm>
#include <tuple>

#include "canaryd/base/text.hpp"

namespace canaryd::rules::route {
namespace {

std::string value_of(const alert::Labels& labels, const std::string& name) {
  const auto found = labels.find(name);
  return found == labels.end() ? std::string() : found->second;
}

}  // namespace

Findings::Draft& Findings::draft(Severity severity, const char* code, Place place, const std::string& text) {
  const auto found = std::find_if(drafts_.begin(), drafts_.end(), [&](const Draft& each) {
    return each.finding.code == code && each.finding.severity == severity && each.finding.line == place.line &&
           each.finding.column == place.column && each.finding.text == text;
  });
  last_ = static_cast<std::size_t>(found - drafts_.begin());
  if (found == drafts_.end()) {
    drafts_.push_back({{severity, code, place.line, place.column, {}, text, std::nullopt}, {}});
  }
  return drafts_[last_];
}

void Findings::add(std::size_t alert, Severity severity, const char* code, Place place, const std::string& text) {
  draft(severity, code, place, text).about.insert(alert);
}

void Findings::add(Severity severity, const char* code, Place place, const std::string& text) {
  draft(severity, code, place, text);
}

void Findings::add(const WantedSet& set, Severity severity, const char* code, Place place, const std::string& text) {
  for (const auto index : set.examples) add(index, severity, code, place, text);
  if (!set.examples.empty()) return;
  draft(severity, code, place, "alerts[" + std::to_string(set.entry) + "] of canaryd's configuration: " + text);
}

bool Findings::said(const std::vector<std::size_t>& alerts, std::string_view code, Place place) const {
  return std::any_of(drafts_.begin(), drafts_.end(), [&](const Draft& each) {
    return each.finding.code == code && each.finding.line == place.line && each.finding.column == place.column &&
           std::any_of(alerts.begin(), alerts.end(), [&](std::size_t i) { return each.about.contains(i); });
  });
}

void Findings::example(const alert::Labels& kept_back, const alert::Labels& by) {
  auto& example = drafts_[last_].finding.example;
  if (!example) example = {kept_back, by};
}

// Which of the label sets [from, to) of one alert it is about: the values of the first label that tells them apart.
std::string Findings::qualifier(const std::set<std::size_t>& about, std::size_t from, std::size_t to) const {
  for (const auto& [label, ignored] : alerts_[from].labels) {
    std::set<std::string> with;
    std::set<std::string> without;
    for (std::size_t i = from; i < to; ++i) {
      (about.contains(i) ? with : without).insert(value_of(alerts_[i].labels, label));
    }
    const bool apart =
        std::none_of(with.begin(), with.end(), [&](const auto& value) { return without.contains(value); });
    if (!apart || with.empty() || without.empty()) continue;
    std::string out;
    for (const auto& value : with) out += (out.empty() ? "" : " or ") + label + "=\"" + escaped(value, 64) + "\"";
    return " with " + out;
  }
  return " with some labels";
}

std::string Findings::subject(const std::set<std::size_t>& about) const {
  if (about.empty()) return {};
  if (about.size() == alerts_.size() && alerts_.size() > 1) return "every alert";
  std::vector<std::pair<std::string, std::string>> parts;  // what tells the label sets apart, the names
  for (std::size_t from = 0; from < alerts_.size();) {
    std::size_t to = from;
    std::size_t count = 0;
    for (; to < alerts_.size() && alerts_[to].name == alerts_[from].name; ++to) count += about.contains(to) ? 1 : 0;
    if (count > 0) {
      const std::string with = count < to - from ? qualifier(about, from, to) : "";
      auto same = std::find_if(parts.begin(), parts.end(), [&](const auto& part) { return part.first == with; });
      if (same == parts.end()) same = parts.insert(same, {with, ""});
      same->second += (same->second.empty() ? "" : ", ") + escaped(alerts_[from].name, 128);
    }
    from = to;
  }
  std::string out;
  for (const auto& [with, names] : parts) {
    if (!out.empty()) out += ", and ";
    out.append(names).append(with);
  }
  return out;
}

std::vector<Finding> Findings::take() {
  std::vector<Finding> out;
  for (auto& each : drafts_) {
    each.finding.alerts = subject(each.about);
    out.push_back(std::move(each.finding));
  }
  drafts_.clear();
  std::stable_sort(out.begin(), out.end(), [](const Finding& a, const Finding& b) {
    return std::tie(a.severity, a.line, a.column, a.code) < std::tie(b.severity, b.line, b.column, b.code);
  });
  return out;
}

}  // namespace canaryd::rules::route
