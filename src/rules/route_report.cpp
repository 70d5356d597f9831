#include <array>
#include <cstdio>

#include "canaryd/base/text.hpp"
#include "canaryd/rules/route_check.hpp"

namespace canaryd::rules {
namespace {

const char* name_of(Severity severity) { return severity == Severity::error ? "error" : "warning"; }

std::string counted(std::size_t count, const char* what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

// A JSON string. What is not UTF-8 was refused when the file was read; arguments are made so here.
std::string json(std::string_view text) {
  std::string out = "\"";
  for (const char c : utf8_or_escaped(text)) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> code{};
      std::snprintf(code.data(), code.size(), "\\u%04x", static_cast<unsigned>(c));
      out += code.data();
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string json(const alert::Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) out += (out.empty() ? "" : ", ") + json(name) + ": " + json(value);
  return "{" + out + "}";
}

std::string json(const CheckedAlert& alert) {
  std::string receivers;
  for (const auto& name : alert.receivers) receivers += (receivers.empty() ? "" : ", ") + json(name);
  return "{\"labels\": " + json(alert.labels) + ", \"action\": " + json(alert::name_of(alert.action)) +
         ", \"receivers\": [" + receivers + "], \"arrives\": " + (alert.arrives ? "true" : "false") + "}";
}

std::string json(const Finding& finding) {
  std::string out = "{\"severity\": " + json(name_of(finding.severity)) + ", \"code\": " + json(finding.code);
  if (finding.line > 0) {
    out += ", \"line\": " + std::to_string(finding.line) + ", \"column\": " + std::to_string(finding.column);
  }
  if (!finding.alerts.empty()) out += ", \"alerts\": " + json(finding.alerts);
  out += ", \"text\": " + json(finding.text);
  if (finding.example) {
    out += ", \"kept_back\": " + json(finding.example->first) + ", \"by\": " + json(finding.example->second);
  }
  return out + "}";
}

template <class T>
std::string json_list(const std::vector<T>& list) {
  std::string out;
  for (const auto& each : list) out += (out.empty() ? "\n    " : ",\n    ") + json(each);
  return "[" + out + (list.empty() ? "]" : "\n  ]");
}

std::size_t errors_of(const RouteReport& report) {
  std::size_t count = 0;
  for (const auto& finding : report.findings) count += finding.severity == Severity::error ? 1 : 0;
  return count;
}

}  // namespace

std::string as_text(const RouteReport& report, const std::string& file) {
  std::string out;
  const std::string name = escaped(file, 1024);
  for (const auto& finding : report.findings) {
    out += name;
    if (finding.line > 0) out += ":" + std::to_string(finding.line) + ":" + std::to_string(finding.column);
    out += std::string(": ") + name_of(finding.severity) + ": ";
    if (!finding.alerts.empty()) out += finding.alerts + ": ";
    out += finding.text + " [" + finding.code + "]\n";
  }
  const std::size_t errors = errors_of(report);
  if (report.alerts.empty() && errors > 0)
    return out + name + ": cannot be checked: " + counted(errors, "error") + "\n";
  out += name + ": " + (errors == 0 ? "the alerts arrive" : "not every alert arrives") + ": " +
         counted(errors, "error") + ", " + counted(report.findings.size() - errors, "warning") + ", " +
         counted(report.alerts.size(), "label set") + " checked\n";
  return out;
}

std::string as_json(const RouteReport& report, const std::string& file) {
  return "{\n  \"file\": " + json(file) + ",\n  \"arrives\": " + (errors_of(report) == 0 ? "true" : "false") +
         ",\n  \"findings\": " + json_list(report.findings) + ",\n  \"alerts\": " + json_list(report.alerts) + "\n}\n";
}

}  // namespace canaryd::rules
