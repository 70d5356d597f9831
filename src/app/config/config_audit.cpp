#include <algorithm>
#include <chrono>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/base/strong.hpp"
#include "canaryd/base/time_text.hpp"
#include "config_parts.hpp"

namespace canaryd::app {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

constexpr std::uint64_t kib = 1U << 10U;
constexpr std::uint64_t gib = 1U << 30U;
constexpr std::uint64_t tib = gib << 10U;
constexpr hours longest(24 * 365 * 30);

bool is_label_pattern(const std::string& text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '*';
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), fits);
}

void read_duration(Section& section, std::string_view key, milliseconds least, std::chrono::seconds& out) {
  milliseconds read{0};
  if (section.duration(key, least, longest, read)) out = std::chrono::ceil<std::chrono::seconds>(read);
}

void read_keeping(Section& audit, audit::KeepSettings& out) {
  read_duration(audit, "keep", milliseconds(0), out.keep);
  read_duration(audit, "keep_at_least", milliseconds(0), out.keep_at_least);
  if (out.keep < out.keep_at_least) {
    audit.problem(audit.has("keep") ? "keep" : "keep_at_least", "records would be kept for " + to_text(out.keep) +
                                                                    ", expected at least keep_at_least, which is " +
                                                                    to_text(out.keep_at_least));
  }
}

void read_space(Section space, audit::KeepSettings& out) {
  space.size("warn", kib, 1024 * tib, out.warn_below);
  space.size("make_room", kib, 1024 * tib, out.make_room_below);
  space.size("stop", kib, 1024 * tib, out.stop_below);
  if (space.present() && !(out.warn_below > out.make_room_below && out.make_room_below > out.stop_below)) {
    space.problem("", "the steps do not fall, expected warn above make_room, and that above stop");
  }
  space.done();
}

void read_witness(Section witness, std::string& out) {
  witness.text("configmap", {"the name of a ConfigMap", is_dns_subdomain}, out);
  witness.done();
}

void read_redact(Section redact, audit::RedactionRules& out) {
  redact.texts("labels", {"the name of a label, with * for any text", is_label_pattern}, out.labels);
  redact.done();
}

}  // namespace

void read_audit(Section audit, AuditSettings& out) {
  const auto is_origin = [](const std::string& text) { return audit::check_origin(text).has_value(); };
  out.log.directory = "/var/lib/canaryd/audit";
  audit.path("directory", {"the path of a folder that belongs to this instance alone"}, out.log.directory);
  audit.text("origin", {"a name such as canaryd or audit.example.com/canaryd, without spaces and +", is_origin},
             out.log.origin);
  audit.paths("key_files", {"the path of a PEM file with an Ed25519 private key"}, out.key_files);
  audit.size("rotate_size", 64 * kib, gib, out.log.rotate_size);
  read_duration(audit, "rotate_age", std::chrono::seconds(1), out.log.rotate_age);
  read_keeping(audit, out.keep);
  audit.size_or_off("max_size", 64 * kib, 1024 * tib, out.keep.max_size);
  read_space(audit.section("space", false, "a map with warn, make_room or stop"), out.keep);
  read_witness(audit.section("witness", false, "a map with configmap"), out.witness);
  read_redact(audit.section("redact", false, "a map with labels"), out.redaction);
  audit.done();
}

}  // namespace canaryd::app
