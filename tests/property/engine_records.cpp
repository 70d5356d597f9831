#include "engine_records.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

namespace canaryd::property {

namespace {

using Json = nlohmann::json;

Said said_in(const Json& line) {
  Said said;
  said.kind = line.value("kind", "");
  said.id = line.value("id", "");
  if (line.contains("target")) said.service = line["target"].value("name", "");
  said.action = line.value("action", "");
  said.reason = line.value("reason", "");
  said.patch = line.value("patch", "");
  if (line.contains("api")) said.result = line["api"].value("result", "");
  for (const auto& alert : line.value("alerts", Json::array()))
    said.fingerprints.push_back(alert.value("fingerprint", ""));
  return said;
}

}  // namespace

// Not by `list`, which fails once the process is to be dead: what is on the disk is there all the same.
void RecordReader::read() {
  for (const auto& path : files_.paths()) {
    if (path.starts_with(audit_folder + "/segment-") && path.ends_with(".jsonl")) read_segment(path);
  }
}

void RecordReader::read_segment(const std::string& path) {
  const std::string bytes = files_.on_disk(path);
  auto& position = positions_[path];
  while (position < bytes.size()) {
    const auto end = bytes.find('\n', position);
    if (end == std::string::npos) return;
    auto said = said_in(Json::parse(bytes.substr(position, end - position)));
    position = end + 1;
    if (said.kind == "intent") open_[said.id] = said.patch;
    if (said.kind == "outcome") open_.erase(said.id);
    said_.push_back(std::move(said));
  }
}

std::vector<Said> RecordReader::take() { return std::exchange(said_, {}); }

bool RecordReader::has_open_intent(const std::string& patch) const {
  return std::any_of(open_.begin(), open_.end(), [&](const auto& entry) { return entry.second == patch; });
}

}  // namespace canaryd::property
