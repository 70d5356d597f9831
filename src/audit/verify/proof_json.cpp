#include <string>

#include "audit/format/base64.hpp"
#include "audit/format/tree_hash.hpp"
#include "canaryd/audit/proof.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

void add_member(std::string& out, const char* indent, const char* name) {
  out += indent;
  append_json_string(out, name);
  out += ": ";
}

void add_text(std::string& out, const char* indent, const char* name, std::string_view text) {
  add_member(out, indent, name);
  append_json_string(out, text);
}

template <class Items, class Text>
void add_list(std::string& out, const char* indent, const char* name, const Items& items, Text text) {
  add_member(out, indent, name);
  out += '[';
  const char* separator = "";
  for (const auto& item : items) {
    out += separator;
    out += '\n';
    out += indent;
    out += "  ";
    append_json_string(out, text(item));
    separator = ",";
  }
  out += ']';
}

void add_path(std::string& out, const char* indent, const std::vector<Hash>& path) {
  add_list(out, indent, "path", path, [](const Hash& hash) { return to_base64(bytes_of(hash)); });
}

void add_content(std::string& out, const InclusionProof& proof) {
  add_text(out, "  ", "proof", "inclusion");
  out += ",\n";
  add_member(out, "  ", "records");
  out += '[';
  const char* separator = "";
  for (const auto& record : proof.records) {
    out += separator;
    out += "{\n";
    add_member(out, "    ", "seq");
    out += std::to_string(record.seq) + ",\n";
    add_text(out, "    ", "record", record.line);
    out += ",\n";
    add_path(out, "    ", record.path);
    out += "\n  }";
    separator = ", ";
  }
  out += "],\n";
  add_text(out, "  ", "checkpoint", proof.checkpoint);
}

void add_content(std::string& out, const ConsistencyProof& proof) {
  add_text(out, "  ", "proof", "consistency");
  out += ",\n";
  add_text(out, "  ", "from", proof.from);
  out += ",\n";
  add_text(out, "  ", "to", proof.to);
  out += ",\n";
  add_path(out, "  ", proof.path);
}

}  // namespace

std::string to_json(const Proof& proof) {
  std::string out = "{\n  \"format\": 1,\n";
  std::visit([&](const auto& content) { add_content(out, content); }, proof.content);
  out += ",\n";
  add_list(out, "  ", "public_keys", proof.keys, [](const PublicKey& key) { return key.pem(); });
  out += "\n}\n";
  return out;
}

}  // namespace canaryd::audit
