#include "checkpoint_writer.hpp"

#include "audit/format/names.hpp"
#include "torn.hpp"

namespace canaryd::audit {

Status CheckpointWriter::append(std::string_view note, std::uint64_t seq) {
  if (!file_) {
    if (auto opened = open(seq); !opened) return opened;
  }
  auto done = write(std::string(note) + '\n');
  if (!done) file_.reset();
  return done;
}

Status CheckpointWriter::open(std::uint64_t seq) {
  auto file = files_.open_append(path_in(directory_, checkpoints_name));
  if (!file) return fail(file.error());
  const auto end = each_at_the_end(**file, [](auto, auto, auto) { return true; });
  if (!end) return fail(end.error());
  if (end->left > 0) {
    if (auto done = cut(**file, *end, seq); !done) return done;
  }
  if (auto synced = files_.sync_directory(directory_); !synced) return synced;
  file_ = std::move(*file);
  end_ = end->offset;
  return {};
}

Status CheckpointWriter::cut(File& file, const CheckpointsEnd& end, std::uint64_t seq) {
  auto tail = measure(file, end.offset);
  if (!tail) return fail(tail.error());
  auto kept = keep_torn(files_, directory_, file, end.offset, seq);
  if (!kept) return fail(kept.error());
  if (auto done = file.truncate(end.offset); !done) return done;
  tail->file = std::move(*kept);
  cut_ = std::move(*tail);
  return {};
}

Status CheckpointWriter::write(std::string_view bytes) {
  const auto path = path_in(directory_, checkpoints_name);
  if (auto there = file_->still_at(path, end_); !there) return there;
  if (auto written = file_->append(bytes); !written) return written;
  if (auto synced = file_->sync(); !synced) return synced;
  end_ += bytes.size();
  return {};
}

}  // namespace canaryd::audit
