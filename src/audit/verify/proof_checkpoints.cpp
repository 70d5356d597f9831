#include "proof_checkpoints.hpp"

#include <algorithm>
#include <deque>
#include <functional>

#include "audit/format/checkpoint_file.hpp"
#include "audit/format/names.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t newest_kept = 16;  // looked at from the end, when the newest is not one of these keys

// Calls `visit` with every note of the folder, in order.
Status each_note(const std::string& directory, Files& files, const std::function<void(std::string_view)>& visit) {
  const auto path = path_in(directory, checkpoints_name);
  const auto names = files.list(directory);
  if (!names) return fail(names.error());
  if (std::find(names->begin(), names->end(), checkpoints_name) == names->end()) {
    return fail(Error::not_found(path + " is not there: this log has no checkpoints (audit.key_files makes them)"));
  }
  auto file = files.open_read(path);
  if (!file) return fail(file.error());
  const auto end = for_each_checkpoint(**file, [&](std::uint64_t, std::uint64_t, std::string_view note) {
    visit(note);
    return true;
  });
  if (!end) return fail(end.error());
  return {};
}

// Without reading all of it: most are not asked for.
bool has_size(std::string_view note, std::string_view size) {
  const auto first = note.find('\n');
  if (first == std::string_view::npos) return false;
  const auto rest = note.substr(first + 1);
  return rest.starts_with(size) && rest.substr(size.size()).starts_with('\n');
}

}  // namespace

Result<ChosenCheckpoint> choose(const std::string& note, const std::vector<PublicKey>& keys, const std::string& what) {
  auto checkpoint = parse_checkpoint(note);
  if (!checkpoint) return fail(Error::invalid(what + ": " + checkpoint.error().message));
  ChosenCheckpoint chosen{note, std::move(*checkpoint), {}};
  if (keys.empty()) return chosen;
  const auto verdict = check_signatures(chosen.checkpoint, keys);
  if (!verdict.good) return fail(Error::invalid(what + ": " + verdict.what));
  for (const auto& key : keys) {
    const bool twice = std::find(chosen.keys.begin(), chosen.keys.end(), key) != chosen.keys.end();
    if (!twice && check_signatures(chosen.checkpoint, {key}).good) chosen.keys.push_back(key);
  }
  return chosen;
}

Result<ChosenCheckpoint> newest_of(const std::string& directory, const std::vector<PublicKey>& keys, Files& files) {
  std::deque<std::string> newest;
  const auto read = each_note(directory, files, [&](std::string_view note) {
    newest.emplace_front(note);
    if (newest.size() > newest_kept) newest.pop_back();
  });
  if (!read) return fail(read.error());
  const auto path = path_in(directory, checkpoints_name);
  auto error = Error::not_found(path + " holds no checkpoint yet");
  bool first = true;
  for (const auto& note : newest) {
    auto chosen = choose(note, keys, path);
    if (chosen) return chosen;
    if (first) error = chosen.error();
    first = false;
  }
  return fail(error);
}

Result<ChosenCheckpoint> of_size(const std::string& directory, std::uint64_t size, const std::vector<PublicKey>& keys,
                                 Files& files) {
  const auto digits = std::to_string(size);
  std::string found;
  const auto read = each_note(directory, files, [&](std::string_view note) {
    if (has_size(note, digits)) found = note;
  });
  if (!read) return fail(read.error());
  const auto path = path_in(directory, checkpoints_name);
  if (found.empty()) return fail(Error::not_found(path + " holds no checkpoint of " + digits + " records"));
  return choose(found, keys, path + ", the checkpoint of " + digits + " records");
}

}  // namespace canaryd::audit
