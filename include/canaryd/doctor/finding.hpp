#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace canaryd::doctor {

// ok; warn: it works, but late, in part or not for ever; fail: a rollback will not happen, or canaryd may do what it
// should not; unknown: it could not be looked at.
enum class Health : std::uint8_t { ok, warn, fail, unknown };
const char* name_of(Health status);  // "OK", "WARN", "FAIL", "UNKNOWN"

// What one check found. Text from outside in it is escaped, and no secret is in it.
struct Finding {
  std::string check;  // stable: "kubernetes.permissions"; docs/doctor.md has each
  Health status = Health::unknown;
  std::string text;    // one sentence, with what it is about
  std::string remedy;  // what to do; empty when nothing is
};
using Findings = std::vector<Finding>;

// FAIL is worse than UNKNOWN, that worse than WARN, that worse than OK.
Health worst(const Findings& findings);

// A line each, the remedy on a line below; at the end one with the counts.
std::string as_text(const Findings& findings);
// {"format":1,"status":"FAIL","counts":{...},"findings":[{"check","status","text","remedy"}]}, with LF.
std::string as_json(const Findings& findings);

}  // namespace canaryd::doctor
