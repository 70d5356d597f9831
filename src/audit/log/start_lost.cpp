#include "start_lost.hpp"

#include <vector>

#include "audit/format/line.hpp"
#include "audit/format/names.hpp"
#include "audit/format/parse.hpp"
#include "canaryd/base/random.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view folder_begins = "lost-";
// In the lost folder, with the new log's first record in it: while the files are moved, and from then until that record
// is on the disk. In between nothing in the log's folder is the new log's.
constexpr const char* moving_name = "moving";
constexpr const char* moved_name = "moved";
constexpr const char* unfinished_name = "being-written";
constexpr std::size_t marker_limit = 64U << 10U;

bool is_lost_folder(std::string_view name) { return name.starts_with(folder_begins); }

// Of the log, and what was made beside its files and not finished.
bool is_of_the_log(std::string_view name) {
  return name.starts_with("segment-") || name.starts_with("torn-") || name.starts_with(checkpoints_name);
}

Record created_record(const Loss& loss, const std::string& folder) {
  const std::string id = loss.log_id.empty() ? "unknown" : loss.log_id;
  Record record;
  record.kind = Kind::lifecycle;
  record.id = random_id();
  record.event = "created";
  record.details = {{"continues", id},
                    {"lost", loss.what},
                    {"old_records", std::to_string(loss.records)},
                    {"old_checkpoint", std::to_string(loss.checkpoint)},
                    {"folder", folder}};
  record.message = "This audit log begins in place of the log " + id + ", which could not be continued: " + loss.what +
                   ". What is left of it was moved to " + folder + ".";
  return record;
}

// A former log that was put back may be lost again.
Result<std::string> new_folder(const std::string& directory, Files& files, const std::string& id) {
  const std::string base = std::string(folder_begins) + (id.empty() ? "unknown" : id);
  for (unsigned attempt = 1;; ++attempt) {
    auto name = base + (attempt > 1 ? "-" + std::to_string(attempt) : "");
    const auto there = files.list(path_in(directory, name));
    if (!there && there.error().kind != ErrorKind::not_found) return fail(there.error());
    const bool is_free = !there || there->empty() || *there == std::vector<std::string>{unfinished_name};
    if (!is_free) continue;
    return name;
  }
}

Status write_marker(const std::string& folder, Files& files, const Record& record) {
  const auto path = path_in(folder, moving_name);
  auto file = files.open_append(path_in(folder, unfinished_name));
  if (!file) return fail(file.error());
  if (auto cut = (*file)->truncate(0); !cut) return cut;
  if (auto written = (*file)->append("{" + body_of(record) + "}"); !written) return written;
  if (auto synced = (*file)->sync(); !synced) return synced;
  if (auto renamed = files.rename(path_in(folder, unfinished_name), path); !renamed) return renamed;
  return files.sync_directory(folder);
}

Status move_all(const std::string& directory, Files& files, const std::string& folder) {
  const auto names = files.list(directory);
  if (!names) return fail(names.error());
  const auto to = path_in(directory, folder);
  for (const auto& name : *names) {
    if (!is_of_the_log(name)) continue;
    if (auto moved = files.rename(path_in(directory, name), path_in(to, name)); !moved) return moved;
  }
  if (auto synced = files.sync_directory(to); !synced) return synced;
  if (auto synced = files.sync_directory(directory); !synced) return synced;
  if (auto renamed = files.rename(path_in(to, moving_name), path_in(to, moved_name)); !renamed) return renamed;
  return files.sync_directory(to);
}

Result<Record> read_marker(const std::string& path, Files& files) {
  const auto file = files.open_read(path);
  if (!file) return fail(file.error());
  const auto text = (*file)->read(0, marker_limit);
  if (!text) return fail(text.error());
  auto record = parse_line(*text);
  if (!record) return fail(Error::io(path + ": " + record.error().message));
  return record;
}

Result<std::vector<std::string>> lost_folders(const std::string& directory, Files& files) {
  const auto names = files.list(directory);
  if (!names) return fail(names.error());
  std::vector<std::string> folders;
  for (const auto& name : *names) {
    if (is_lost_folder(name)) folders.push_back(name);
  }
  return folders;
}

bool contains(Files& files, const std::string& folder, const char* marker) {
  return files.open_read(path_in(folder, marker)).has_value();
}

}  // namespace

Result<Record> put_aside(const std::string& directory, Files& files, const Loss& loss) {
  const auto folder = new_folder(directory, files, loss.log_id);
  if (!folder) return fail(folder.error());
  auto record = created_record(loss, *folder);
  const auto path = path_in(directory, *folder);
  if (auto made = files.make_directory(path); !made) return fail(made.error());
  if (auto marked = write_marker(path, files, record); !marked) return fail(marked.error());
  if (auto moved = move_all(directory, files, *folder); !moved) return fail(moved.error());
  return record;
}

Result<std::optional<Record>> resume_putting_aside(const std::string& directory, Files& files) {
  const auto folders = lost_folders(directory, files);
  if (!folders) return fail(folders.error());
  for (const auto& folder : *folders) {
    const auto path = path_in(directory, folder);
    const bool moving = contains(files, path, moving_name);
    if (!moving && !contains(files, path, moved_name)) continue;
    auto record = read_marker(path_in(path, moving ? moving_name : moved_name), files);
    if (!record) return fail(record.error());
    if (moving) {
      if (auto moved = move_all(directory, files, folder); !moved) return fail(moved.error());
    }
    return std::optional<Record>(std::move(*record));
  }
  return std::optional<Record>();
}

Status finish_putting_aside(const std::string& directory, Files& files) {
  const auto folders = lost_folders(directory, files);
  if (!folders) return fail(folders.error());
  for (const auto& folder : *folders) {
    const auto path = path_in(directory, folder);
    if (!contains(files, path, moved_name)) continue;
    if (auto removed = files.remove(path_in(path, moved_name)); !removed) return removed;
    if (auto synced = files.sync_directory(path); !synced) return synced;
  }
  return {};
}

Result<std::uint64_t> count_lost(const std::string& directory, Files& files) {
  const auto folders = lost_folders(directory, files);
  if (!folders) return fail(folders.error());
  return static_cast<std::uint64_t>(folders->size());
}

}  // namespace canaryd::audit
