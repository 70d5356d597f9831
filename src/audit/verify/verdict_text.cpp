#include <algorithm>

#include "audit/format/tree_hash.hpp"
#include "canaryd/audit/verify.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t text_limit = 400;
constexpr std::size_t path_limit = 4096;

std::string listed(const std::vector<std::string>& ids) {
  std::string text;
  for (const auto& id : ids) text += (text.empty() ? "" : ", ") + escaped(id);
  return text;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(width, text.size() + 1), ' ');
  return text;
}

std::string where(const Fault& fault) {
  std::string text = escaped(fault.file, path_limit);
  if (fault.line > 0) text += ", line " + std::to_string(fault.line);
  return text + ", byte " + std::to_string(fault.byte) + ": ";
}

void tell(std::string& text, const Verdict& verdict, const Finding& finding, Check check) {
  constexpr std::size_t column = 14;
  const bool broken = finding.state == State::broken;
  text += padded(std::string(name_of(check)) + ":", column);
  text += broken ? "BROKEN" : name_of(finding.state);
  text += finding.why.empty() ? "\n" : " (" + escaped(finding.why, text_limit) + ")\n";
  if (!broken) return;
  std::uint64_t told = 0;
  for (const auto& fault : verdict.faults) {
    if (fault.check != check) continue;
    text += "  " + where(fault) + escaped(fault.what, text_limit) + "\n";
    ++told;
  }
  if (finding.faults > told) text += "  and " + std::to_string(finding.faults - told) + " more\n";
}

std::string size_of(const Verdict& verdict) {
  std::string text = std::to_string(verdict.records) + ", " + std::to_string(verdict.bytes) + " bytes, in " +
                     std::to_string(verdict.segments) + (verdict.segments == 1 ? " segment" : " segments");
  if (verdict.removed > 0) text += ", " + std::to_string(verdict.removed) + " of them removed";
  return text;
}

std::string tree_of(const Verdict& verdict) {
  if (!verdict.tree) return "unknown";
  const auto& root = verdict.tree->root;
  return std::to_string(verdict.tree->size) + " records, root " + hex_of(root);
}

}  // namespace

std::string to_text(const Verdict& verdict) {
  std::string text;
  tell(text, verdict, verdict.integrity, Check::integrity);
  tell(text, verdict, verdict.completeness, Check::completeness);
  tell(text, verdict, verdict.signatures, Check::signatures);
  tell(text, verdict, verdict.anchoring, Check::anchoring);
  text += "log:          " + (verdict.log_id.empty() ? "unknown" : escaped(verdict.log_id)) +
          (verdict.name.empty() ? "" : ", named " + escaped(verdict.name)) + "\n";
  text += "records:      " + size_of(verdict) + "\n";
  text += "head:         " + (verdict.head.empty() ? "none" : verdict.head) + "\n";
  text += "tree:         " + tree_of(verdict) + "\n";
  text += "intents without outcome: " + (verdict.open_intents.empty() ? "none" : listed(verdict.open_intents)) + "\n";
  for (const auto& note : verdict.notes) text += "note: " + escaped(note, text_limit) + "\n";
  if (verdict.anchoring.state == State::not_checked) {
    text +=
        "A log that was replaced as a whole, or cut at its end, shows only beside a checkpoint or a head that was kept "
        "elsewhere.\n";
  }
  return text;
}

}  // namespace canaryd::audit
