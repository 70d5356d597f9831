#include "canaryd/doctor/finding.hpp"

#include <algorithm>
#include <array>
#include <cstddef>

#include "canaryd/base/text.hpp"

namespace canaryd::doctor {
namespace {

// From the best to the worst.
constexpr std::array ranking{Health::ok, Health::warn, Health::unknown, Health::fail};
constexpr std::size_t status_width = 8;  // of "UNKNOWN" and a space

std::size_t count(const Findings& findings, Health status) {
  return static_cast<std::size_t>(
      std::count_if(findings.begin(), findings.end(), [&](const Finding& each) { return each.status == status; }));
}

std::string padded(std::string text, std::size_t width) {
  if (text.size() < width) text.append(width - text.size(), ' ');
  return text;
}

}  // namespace

const char* name_of(Health status) {
  switch (status) {
    case Health::ok:
      return "OK";
    case Health::warn:
      return "WARN";
    case Health::fail:
      return "FAIL";
    case Health::unknown:
      break;
  }
  return "UNKNOWN";
}

Health worst(const Findings& findings) {
  Health found = Health::ok;
  for (const auto status : ranking) {
    if (count(findings, status) > 0) found = status;
  }
  return found;
}

std::string as_text(const Findings& findings) {
  std::size_t width = 0;
  for (const auto& each : findings) width = std::max(width, each.check.size());
  std::string out;
  for (const auto& each : findings) {
    out += padded(name_of(each.status), status_width) + padded(each.check, width) + "  " + each.text + "\n";
    if (!each.remedy.empty()) out += std::string(status_width + width + 2, ' ') + "-> " + each.remedy + "\n";
  }
  std::string counts;
  for (const auto status : {Health::fail, Health::unknown, Health::warn, Health::ok}) {
    counts += (counts.empty() ? "" : ", ") + std::to_string(count(findings, status)) + " " + name_of(status);
  }
  return out + name_of(worst(findings)) + ": " + counts + "\n";
}

std::string as_json(const Findings& findings) {
  std::string out = std::string(R"({"format":1,"status":")") + name_of(worst(findings)) + R"(","counts":{)";
  for (const auto status : ranking) {
    out += std::string(status == Health::ok ? "\"" : ",\"") + name_of(status) +
           "\":" + std::to_string(count(findings, status));
  }
  out += "},\"findings\":[";
  for (const auto& each : findings) {
    out += &each == findings.data() ? "\n" : ",\n";
    out += R"({"check":)";
    append_json_string(out, each.check);
    out += std::string(R"(,"status":")") + name_of(each.status) + R"(","text":)";
    append_json_string(out, each.text);
    out += R"(,"remedy":)";
    append_json_string(out, each.remedy);
    out += '}';
  }
  return out + "\n]}\n";
}

}  // namespace canaryd::doctor
