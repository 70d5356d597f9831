#include "canaryd/rules/render.hpp"

#include <cstddef>
#include <string_view>

#include "render_meta.hpp"

namespace canaryd::rules {
namespace {

// Cuts the next line, with its LF if it has one, off `rest`.
std::string_view next_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const auto line = rest.substr(0, end == std::string_view::npos ? end : end + 1);
  rest.remove_prefix(line.size());
  return line;
}

std::string joined(std::span<const File> files) {
  std::string out = "groups:\n";
  for (const auto& file : files) {
    out.append("\n# ").append(file.name).append("\n");
    bool in_groups = false;
    for (std::string_view rest = file.text; !rest.empty();) {
      const auto line = next_line(rest);
      if (line == "groups:\n" && !in_groups) {
        in_groups = true;
      } else {
        out.append(line);
      }
    }
    if (!out.ends_with('\n')) out += '\n';
  }
  return out;
}

// Every line two deeper. What YAML measures by (block scalars too, whose indentation indicator counts from the parent)
// is relative, so the value stays the same.
void append_indented(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto line = next_line(text);
    if (line != "\n") out.append("  ");
    out.append(line);
  }
}

}  // namespace

std::string rule_file(std::span<const File> files) {
  return files.size() == 1 ? std::string(files.front().text) : joined(files);
}

Result<std::string> prometheus_rule(std::span<const File> files, const ObjectMeta& meta) {
  if (auto good = check(meta); !good) return fail(good.error());
  // In quotes, since a name such as 1e3 or a label's value such as true would be read as something else than text. What
  // was checked holds nothing to escape.
  std::string out =
      "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata:\n  name: \"" + meta.name + "\"\n";
  if (!meta.namespace_name.empty()) out += "  namespace: \"" + meta.namespace_name + "\"\n";
  if (!meta.labels.empty()) out += "  labels:\n";
  for (const auto& [key, value] : meta.labels) {
    out.append("    \"").append(key).append("\": \"").append(value).append("\"\n");
  }
  out += "spec:\n";
  append_indented(out, rule_file(files));
  return out;
}

}  // namespace canaryd::rules
