#include "canaryd/audit/verify.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t text_limit = 400;

std::string listed(const std::vector<std::string>& ids) {
  std::string text;
  for (const auto& id : ids) text += (text.empty() ? "" : ", ") + escaped(id);
  return text;
}

}  // namespace

std::string to_text(const Verdict& verdict) {
  std::string text = verdict.intact ? "intact: every line is whole and follows the one before\n"
                                    : "BROKEN: the log is not what was written\n";
  for (const auto& fault : verdict.faults) {
    text += "  " + escaped(fault.file) + ", line " + std::to_string(fault.line) + ", byte " +
            std::to_string(fault.byte) + ": " + escaped(fault.what, text_limit) + "\n";
  }
  text += "log:     " + (verdict.log_id.empty() ? "unknown" : escaped(verdict.log_id)) + "\n";
  text += "records: " + std::to_string(verdict.records) + "\n";
  text += "head:    " + (verdict.head.empty() ? "none" : verdict.head) + "\n";
  text += "intents without outcome: " + (verdict.open_intents.empty() ? "none" : listed(verdict.open_intents)) + "\n";
  for (const auto& note : verdict.notes) text += "note: " + escaped(note, text_limit) + "\n";
  text += "A log that was replaced as a whole, or cut at the end of a line, shows only beside a head kept elsewhere.\n";
  return text;
}

}  // namespace canaryd::audit
