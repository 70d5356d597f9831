#include <nlohmann/json.hpp>

#include "audit/format/base64.hpp"
#include "audit/format/tree_hash.hpp"
#include "canaryd/audit/verify.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

using json = nlohmann::ordered_json;

json finding_of(const Finding& finding) {
  json object{{"state", name_of(finding.state)}};
  if (!finding.why.empty()) object["why"] = utf8_or_escaped(finding.why);
  if (finding.faults > 0) object["faults"] = finding.faults;
  return object;
}

json fault_of(const Fault& fault) {
  json object{{"check", name_of(fault.check)}, {"file", utf8_or_escaped(fault.file)}};
  if (fault.line > 0) object["line"] = fault.line;
  object["byte"] = fault.byte;
  object["what"] = utf8_or_escaped(fault.what);
  return object;
}

json texts_of(const std::vector<std::string>& texts) {
  json list = json::array();
  for (const auto& text : texts) list.push_back(utf8_or_escaped(text));
  return list;
}

json tree_of(const TreeHead& tree) {
  return {{"size", tree.size}, {"root", hex_of(tree.root)}, {"root_base64", to_base64(bytes_of(tree.root))}};
}

}  // namespace

std::string to_json(const Verdict& verdict) {
  json object{{"intact", verdict.intact},
              {"integrity", finding_of(verdict.integrity)},
              {"completeness", finding_of(verdict.completeness)},
              {"signatures", finding_of(verdict.signatures)},
              {"anchoring", finding_of(verdict.anchoring)}};
  object["faults"] = json::array();
  for (const auto& fault : verdict.faults) object["faults"].push_back(fault_of(fault));
  object["log_id"] = utf8_or_escaped(verdict.log_id);
  object["name"] = utf8_or_escaped(verdict.name);
  object["records"] = verdict.records;
  object["bytes"] = verdict.bytes;
  object["segments"] = verdict.segments;
  object["removed_segments"] = verdict.removed;
  object["checkpoints"] = verdict.checkpoints;
  object["anchors"] = verdict.anchors;
  object["anchors_of_other_logs"] = verdict.other_anchors;
  object["head"] = verdict.head;
  object["tree"] = verdict.tree ? tree_of(*verdict.tree) : json();
  object["open_intents"] = texts_of(verdict.open_intents);
  object["notes"] = texts_of(verdict.notes);
  return object.dump() + "\n";
}

}  // namespace canaryd::audit
