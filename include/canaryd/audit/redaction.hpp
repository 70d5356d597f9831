#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "canaryd/audit/record.hpp"

namespace canaryd::audit {

// What the audit log may not hold, besides what always counts as a secret (docs/audit-format.md).
struct RedactionRules {
  std::vector<std::string> labels;  // names of alert labels, `*` for any text; their values are replaced
};

inline constexpr const char* redacted_text = "[redacted]";

// What one record may hold of texts from outside, in bytes. What is longer is cut at a character's end and ends in
// "...".
namespace bounds {
inline constexpr std::size_t alerts = 32;              // of one record
inline constexpr std::size_t labels = 64;              // of one alert
inline constexpr std::size_t all_labels = 64U << 10U;  // names and values of one record's alerts
inline constexpr std::size_t label_name = 256;         // a label with a longer name is left out
inline constexpr std::size_t label_value = 1024;
inline constexpr std::size_t because = 1024;
inline constexpr std::size_t details = 64;   // members
inline constexpr std::size_t detail = 2048;  // one value of details, the server's words, a guard's
inline constexpr std::size_t message = 4096;
inline constexpr std::size_t admission_changed = 64;  // paths
inline constexpr std::size_t name = 512;              // of an alert, an actor, a peer, a path; the alert's value
inline constexpr std::size_t shortened = 32;          // paths; with more, their first members stand for them
}  // namespace bounds

// Takes secrets out of the texts that came from outside and cuts what is longer than its bound; `shortened` names each
// member that does not stand as it came. The patch is left alone, and so are canaryd's own words, who asked among them,
// but for their bounds and for a message that repeats a reason. Done twice it is done once. Pure.
void redact(Record& record, const RedactionRules& rules);

// The same for one text that goes elsewhere (a ConfigMap), without bounds.
std::string without_secrets(std::string text);

}  // namespace canaryd::audit
