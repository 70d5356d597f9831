#include "report_sentences.hpp"

#include "story_words.hpp"

namespace canaryd::audit {

namespace {

std::string asked_words(const std::string& actor, const std::string& cause, bool by_hand) {
  if (by_hand) return actor + " asked for it: " + cause;
  return cause.empty() ? actor : "because of " + cause;
}

std::string result_words(const std::string& result, const std::string& reason) {
  if (result == "applied") return "";
  if (result.empty()) return " What became of it is not recorded.";
  if (result == "unknown") return " Whether it was applied is not known.";
  return " It was not applied: " + reason + ".";
}

std::string done_words(const std::string& verdict) {
  if (verdict == "act") return "Done: ";
  if (verdict == "noop") return "Nothing was to be done: ";
  if (verdict == "hold") return "Held: ";
  return verdict == "refuse" ? "Refused: " : "Not done: ";
}

std::string confirmation_words(const ReportStep& step) {
  if (step.confirmed) {
    return std::string(step.unconfirmed ? " Confirmed late, " : " Confirmed ") + duration(*step.confirmed - step.time) +
           " later.";
  }
  return step.unconfirmed ? " NOT CONFIRMED." : "";
}

std::string act_words(const ReportStep& step) {
  const std::string shares = " from " + share(step.from) + " to " + share(step.to);
  if (step.action == "rollback") return "rolled back" + shares;
  if (step.action == "advance") return "moved" + shares;
  if (step.action == "promote") return "promoted, " + share(step.from) + " before";
  return "taken back" + shares + " as a new revision";
}

}  // namespace

std::string rollout_sentence(const ReportRollout& rollout) {
  std::string out = "From " + moment(rollout.first) + " to " + moment(rollout.last) +
                    (rollout.stable.empty() ? "" : ", beside " + rollout.stable) + ": " + name_of(rollout.end) + ".";
  std::string waits;
  for (const auto& [reason, count] : rollout.waits) {
    waits += (waits.empty() ? " It waited because of " : ", ") + reason + " (" + std::to_string(count) + ")";
  }
  return out + waits + (waits.empty() ? "" : ".");
}

std::string step_sentence(const ReportStep& step) {
  std::string out = moment(step.time) + " ";
  if (step.action == "rehearsal") {
    out += "first seen with " + share(step.from) +
           (step.reason == "rehearsed" ? ", its rollback would be accepted."
                                       : ", its rollback was tried: " + step.reason + ".");
  } else if (step.action == "observation") {
    out += step.reason + ": from " + share(step.from) + " to " + share(step.to) + ", by " +
           (step.cause.empty() ? std::string("nobody") : step.cause) + ".";
  } else {
    out += act_words(step) + ", " + asked_words(step.actor, step.cause, step.by_hand) + "." +
           result_words(step.result, step.reason) + confirmation_words(step);
  }
  return out + " (" + step.id + ")";
}

std::string rollback_sentence(const ReportRollback& rollback) {
  std::string out = moment(rollback.time) + " " + rollback.service + ": " + rollback.what + ", " +
                    asked_words(rollback.actor, rollback.cause, rollback.by_hand) + "." +
                    result_words(rollback.result, rollback.reason);
  if (rollback.after_alert) {
    out += " " + duration(*rollback.after_alert) + " after the alert began, " +
           duration(rollback.after_notification.value_or(std::chrono::microseconds(0))) +
           " after the first notification.";
  }
  if (rollback.to_confirmation) {
    out += std::string(rollback.unconfirmed ? " Confirmed late, " : " Confirmed ") +
           duration(*rollback.to_confirmation) + " later.";
  } else if (rollback.result == "applied") {
    out += rollback.unconfirmed ? " NOT CONFIRMED." : " No confirmation is recorded.";
  }
  return out + " (" + rollback.id + ")";
}

std::string command_sentence(const ReportCommand& command) {
  std::string out = moment(command.time) + " " + command.actor + ": " + command.action +
                    (command.about.empty() ? "" : " " + command.about) + ", because: " + command.because + ". " +
                    done_words(command.verdict) + command.reason + ".";
  for (const auto& guard : command.overrides) out += " Passed over " + guard + ".";
  return out + " (" + command.id + ")";
}

std::string hold_sentence(const ReportHold& hold) {
  std::string out = moment(hold.from) + " " + hold.kind + " of " + hold.scope + " by " + hold.by +
                    (hold.because.empty() ? "" : ", because: " + hold.because) + ".";
  if (hold.ended) {
    out += " It lasted " + duration(*hold.ended - hold.from) + ", ended by " + hold.ended_by + ".";
  } else {
    out += " It still holds at the end of the period" +
           (hold.until ? ", until " + moment(*hold.until) : std::string()) + ".";
  }
  return out + " (" + hold.id + ")";
}

std::string gap_sentence(const ReportGap& gap) {
  return moment(gap.from) + (gap.to ? " to " + moment(*gap.to) : std::string()) + " " + gap.kind + ": " + gap.what;
}

std::string verdict_sentence(const Verdict& verdict) {
  if (!verdict.intact) return "NO: what was found is listed, and canaryd audit verify says more.";
  if (verdict.signatures.state == State::good) {
    return "Yes, as far as the log itself can show it: chain and tree are whole, and the checkpoints are signed by a "
           "known "
           "key. That nothing was cut after the last checkpoint only one kept elsewhere shows.";
  }
  return "Nothing contradicts it, but no signature was checked (" + verdict.signatures.why +
         "): whoever can write the files can rewrite all of them.";
}

std::vector<std::string> verdict_lines(const Verdict& verdict) {
  std::vector<std::string> lines;
  const auto add = [&](Check check, const Finding& finding) {
    lines.push_back(std::string(name_of(check)) + ": " + name_of(finding.state) +
                    (finding.why.empty() ? "" : ", " + finding.why));
  };
  add(Check::integrity, verdict.integrity);
  add(Check::completeness, verdict.completeness);
  add(Check::signatures, verdict.signatures);
  add(Check::anchoring, verdict.anchoring);
  for (const auto& fault : verdict.faults) {
    lines.push_back(fault.file + (fault.line > 0 ? ":" + std::to_string(fault.line) : "") + ", byte " +
                    std::to_string(fault.byte) + ": " + fault.what);
  }
  for (const auto& note : verdict.notes) lines.push_back("note: " + note);
  if (!verdict.open_intents.empty()) {
    lines.push_back("intents without an outcome: " + std::to_string(verdict.open_intents.size()));
  }
  return lines;
}

}  // namespace canaryd::audit
