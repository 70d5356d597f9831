#include "verify_verdict.hpp"

#include <algorithm>
#include <chrono>

#include "audit/format/names.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit {

namespace {

// Behind the last slash of "<origin>/<log id>".
std::string id_in(const std::string& name) {
  const auto slash = name.rfind('/');
  return slash == std::string::npos ? std::string() : name.substr(slash + 1);
}

std::string counted(std::uint64_t number, const char* what) {
  return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
}

std::string at(std::int64_t seconds) {
  constexpr std::int64_t year_9999 = 253402300799;
  if (seconds < 0 || seconds > year_9999) return {};
  return ", signed at " + to_rfc3339(WallTime(std::chrono::seconds(seconds)));
}

void names_of_own(const OwnCheckpoints& own, const std::string& log_id, Findings& findings) {
  for (const auto& name : own.names()) {
    if (id_in(name.text) == log_id) continue;
    findings.fault({checkpoints_name, name.place.line, name.place.byte,
                    "expected checkpoints of the log " + log_id + ", got one of " + name.text, Check::signatures});
  }
}

void count_anchors(const Looked& looked, Verdict& verdict) {
  for (const auto& anchor : looked.anchors.heads) {
    (looked.is_ours[anchor.name] ? verdict.anchors : verdict.other_anchors) += anchor.times;
  }
}

// The names of other logs, some of them.
std::string others(const Looked& looked) {
  constexpr std::size_t most = 3;
  std::string text;
  std::size_t told = 0;
  for (std::size_t i = 0; i < looked.anchors.names.size(); ++i) {
    if (looked.is_ours[i]) continue;
    if (told++ < most) text += (text.empty() ? "" : ", ") + looked.anchors.names[i];
  }
  return told > most ? text + " and others" : text;
}

void conclude_signatures(const Looked& looked, Findings& findings, Verdict& verdict) {
  if (looked.options.key_files.empty()) {
    verdict.signatures.why = "no --key was given";
    return;
  }
  if (looked.own.count() == 0) {
    findings.fault(
        {checkpoints_name, 0, 0, "expected signed checkpoints, as a key was given: there is none", Check::signatures});
    return;
  }
  verdict.signatures.state = State::good;
  verdict.signatures.why = counted(looked.own.count(), "checkpoint") + ", the newest of " +
                           counted(looked.own.newest_size(), "record") +
                           (looked.own.newest_time() ? at(*looked.own.newest_time()) : "");
}

void conclude_anchoring(const Looked& looked, Findings& findings, Verdict& verdict) {
  for (const auto& note : looked.anchors.notes) findings.note(note);
  if (looked.options.checkpoint_files.empty()) {
    verdict.anchoring.why = "no --checkpoint was given";
    return;
  }
  if (verdict.anchors == 0) {
    findings.fault({looked.anchors.files.front(), 0, 0,
                    "expected checkpoints of this log, got only those of " + others(looked), Check::anchoring});
    return;
  }
  if (verdict.other_anchors > 0) {
    findings.note(counted(verdict.other_anchors, "checkpoint") + " of other logs left aside: " + others(looked));
  }
  std::uint64_t newest = 0;
  for (const auto& anchor : looked.anchors.heads) {
    if (looked.is_ours[anchor.name]) newest = std::max(newest, anchor.head.size);
  }
  verdict.anchoring.state = State::good;
  verdict.anchoring.why = counted(verdict.anchors, "checkpoint") + " kept elsewhere, the newest of " +
                          counted(newest, "record") +
                          (looked.options.key_files.empty() ? "; their signatures were not checked: no --key" : "");
}

std::string complete_up_to(const Looked& looked) {
  if (looked.own.count() == 0) return "no checkpoint says how long it has to be";
  const auto behind = looked.roots.size() - std::min(looked.roots.size(), looked.own.newest_size());
  return "up to its newest checkpoint of " + counted(looked.own.newest_size(), "record") +
         (behind > 0 ? ", " + counted(behind, "record") + " behind it" : "");
}

}  // namespace

std::string log_id_by(const RecordCheck& records, const OwnCheckpoints& own) {
  if (!records.log_id().empty() || own.names().empty()) return records.log_id();
  auto id = id_in(own.names().front().text);
  const auto same = [&](const auto& name) { return id_in(name.text) == id; };
  return std::all_of(own.names().begin(), own.names().end(), same) ? id : std::string();
}

std::vector<bool> names_of_log(const Anchors& anchors, const std::string& log_id) {
  std::vector<bool> ours;
  ours.reserve(anchors.names.size());
  for (const auto& name : anchors.names) ours.push_back(!log_id.empty() && id_in(name) == log_id);
  return ours;
}

void conclude(const Looked& looked, Findings& findings, Verdict& verdict) {
  names_of_own(looked.own, verdict.log_id, findings);
  count_anchors(looked, verdict);
  verdict.removed = looked.rotation.absent_segments();
  verdict.checkpoints = looked.own.count();
  verdict.name = looked.own.newest_name();
  verdict.open_intents = looked.records.open_intents();
  if (!looked.roots.lost()) verdict.tree = looked.roots.head();
  if (verdict.records > 0) verdict.head = looked.records.chain().head();
  verdict.integrity = {State::good, counted(verdict.records, "record") + " in " +
                                        counted(verdict.segments - verdict.removed, "segment") +
                                        ": every line is whole and follows the one before"};
  verdict.completeness = {State::good, complete_up_to(looked)};
  conclude_signatures(looked, findings, verdict);
  conclude_anchoring(looked, findings, verdict);
  findings.tell(verdict);
}

}  // namespace canaryd::audit
