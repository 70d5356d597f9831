#include "canaryd/rules/catalog.hpp"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <utility>

namespace canaryd::rules {
namespace {

std::string text_of(const YAML::Node& map, const char* key) {
  const YAML::Node value = map[key];
  return value && value.IsScalar() ? value.Scalar() : std::string();
}

Rule rule_from(const YAML::Node& node, std::string_view file, const YAML::Node& group) {
  Rule rule;
  rule.file = file;
  rule.group = text_of(group, "name");
  rule.interval = text_of(group, "interval");
  rule.is_alert = static_cast<bool>(node["alert"]);
  rule.name = text_of(node, rule.is_alert ? "alert" : "record");
  rule.expression = text_of(node, "expr");
  rule.hold = text_of(node, "for");
  rule.keep = text_of(node, "keep_firing_for");
  // A missing map is read as if it were empty.
  if (const YAML::Node labels = node["labels"]) {
    for (const auto& each : labels) rule.labels[each.first.Scalar()] = each.second.Scalar();
    rule.severity = text_of(labels, "severity");
  }
  if (const YAML::Node annotations = node["annotations"]) rule.summary = text_of(annotations, "summary");
  return rule;
}

// Throws what yaml-cpp throws, with the place.
void add_rules(const File& file, std::vector<Rule>& out) {
  const YAML::Node root = YAML::Load(std::string(file.text));
  const YAML::Node groups = root["groups"];
  if (!groups || !groups.IsSequence()) throw YAML::RepresentationException(root.Mark(), "no list of groups");
  for (const YAML::Node& group : groups) {
    for (const YAML::Node& node : group["rules"]) {
      Rule rule = rule_from(node, file.name, group);
      if (rule.name.empty()) throw YAML::RepresentationException(node.Mark(), "neither an alert nor a record");
      out.push_back(std::move(rule));
    }
  }
}

// `$labels.revision` is told as revision, `$value | humanize` as value, anything else as "...".
std::string subject(std::string_view expression) {
  const auto start = expression.find('$');
  if (start == std::string_view::npos) return "...";
  std::string_view name = expression.substr(start + 1);
  name = name.substr(0, name.find_first_of(" |}"));
  if (name.starts_with("labels.")) name.remove_prefix(std::string_view("labels.").size());
  return std::string(name);
}

}  // namespace

Result<std::vector<Rule>> catalog(std::span<const File> files) {
  std::vector<Rule> out;
  for (const auto& file : files) {
    try {
      add_rules(file, out);
    } catch (const YAML::Exception& error) {
      const int line = std::max(error.mark.line, 0) + 1;  // an empty file has no place
      return fail(Error::invalid(std::string(file.name) + ":" + std::to_string(line) + ": " + error.msg));
    }
  }
  return out;
}

std::string without_templates(std::string_view summary) {
  std::string out;
  while (true) {
    const auto open = summary.find("{{");
    const auto close = open == std::string_view::npos ? open : summary.find("}}", open);
    if (close == std::string_view::npos) return out.append(summary);
    out.append(summary.substr(0, open))
        .append("<")
        .append(subject(summary.substr(open + 2, close - open - 2)))
        .append(">");
    summary.remove_prefix(close + 2);
  }
}

}  // namespace canaryd::rules
