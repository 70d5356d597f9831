#include "verify_torn.hpp"

#include <algorithm>

#include "audit/format/cut.hpp"
#include "audit/format/names.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view lost_begins = "lost-";

std::string place(const LoggedAt& logged) {
  return logged.file + ", line " + std::to_string(logged.line.number) + ": ";
}

}  // namespace

RecoveryCheck::RecoveryCheck(Findings& findings, Files& files, std::string directory,
                             const std::vector<std::string>& names)
    : findings_(findings), files_(files), directory_(std::move(directory)) {
  for (const auto& name : names) {
    if (is_torn(name)) torn_.insert(name);
    if (name.starts_with(lost_begins)) lost_.insert(name);
  }
}

Status RecoveryCheck::recovered(const LoggedAt& logged) {
  const auto file = detail_of(logged.record, "file");
  const auto bytes = detail_of(logged.record, "bytes");
  std::string note = place(logged) + "recovered";
  note += bytes.empty() ? ": " + logged.record.message : ", " + bytes + " bytes were cut";
  if (is_torn(file) && file.find('/') == std::string::npos) {
    note += " and kept in " + file;
    if (const auto checked = torn(logged, file, note); !checked) return checked;
    torn_.erase(file);
  }
  findings_.note(std::move(note));
  return {};
}

Status RecoveryCheck::torn(const LoggedAt& logged, const std::string& file, std::string& note) {
  auto reader = files_.open_read(path_in(directory_, file));
  if (!reader) {
    note += ", which is not here";
    return {};
  }
  const auto measured = measure(**reader, 0);
  if (!measured) return fail(measured.error());
  const auto said = detail_of(logged.record, "sha256");
  if (measured->sha256 == said) return {};
  findings_.fault({file, 1, 0, "expected the SHA-256 " + said + ", which the log recorded, got " + measured->sha256});
  return {};
}

void RecoveryCheck::created(const LoggedAt& logged) {
  const auto former = detail_of(logged.record, "continues");
  if (former.empty()) return;
  const auto folder = detail_of(logged.record, "folder");
  std::string note = place(logged) + "this log goes on for the log " + former + ", which was lost (" +
                     detail_of(logged.record, "lost") + ")";
  if (!folder.empty())
    note += lost_.contains(folder) ? "; what is left of it: " + folder : "; " + folder + " is not here";
  lost_.erase(folder);
  findings_.note(std::move(note));
}

void RecoveryCheck::finish() {
  for (const auto& name : torn_) findings_.note(name + ": bytes that were cut off the log; no record names it yet");
  for (const auto& name : lost_) findings_.note(name + ": a former log, which is verified by itself");
}

}  // namespace canaryd::audit
