#include "segment.hpp"

#include <algorithm>

#include "audit/format/names.hpp"
#include "audit/format/sha256.hpp"
#include "canaryd/base/digest.hpp"
#include "torn.hpp"

namespace canaryd::audit {

namespace {
constexpr std::uint64_t reserve_step = 1U << 20U;  // one fallocate for many records
}  // namespace

Segment::Segment(Files& files, std::string directory, std::string name, std::unique_ptr<File> file, std::uint64_t end,
                 std::uint64_t last_length)
    : files_(&files),
      directory_(std::move(directory)),
      name_(std::move(name)),
      file_(std::move(file)),
      end_(end),
      last_length_(last_length),
      reserved_to_(end) {}

Status Segment::still_there(std::uint64_t size) {
  auto there = file_->still_at(path_in(directory_, name_), size);
  if (there) return there;
  touched_ = true;
  failure_ = there.error();
  return there;
}

Status Segment::check() {
  if (failure_) return fail(*failure_);
  return still_there(end_);
}

Status Segment::reserve(std::uint64_t bytes) {
  if (end_ + bytes <= reserved_to_) return {};
  std::uint64_t room = std::max(bytes, reserve_step);
  auto reserved = file_->reserve(room);
  if (!reserved && room > bytes) {
    room = bytes;
    reserved = file_->reserve(room);
  }
  if (reserved) reserved_to_ = end_ + room;
  return reserved;
}

Status Segment::append(std::string_view lines, std::uint64_t last_length) {
  auto done = file_->append(lines);
  if (done) done = file_->sync();
  if (!done) {
    failure_ = done.error();
    return done;
  }
  // What happened since the look before would otherwise be acknowledged and gone.
  if (auto there = still_there(end_ + lines.size()); !there) return there;
  end_ += lines.size();
  last_length_ = last_length;
  return {};
}

// Cutting a file to the length it has frees the blocks behind it.
void Segment::close() {
  if (file_ && reserved_to_ > end_) static_cast<void>(file_->truncate(end_));
}

Status Segment::check_last(File& file, const std::string& head) const {
  const auto size = file.size();
  if (!size) return fail(size.error());
  if (*size < end_) {
    return fail(Error::io(name_ + " lost records that were acknowledged: it has " + std::to_string(*size) +
                          " bytes, expected at least " + std::to_string(end_)));
  }
  if (end_ == 0) return {};
  const auto last = file.read(end_ - last_length_ - 1, last_length_ + 1);
  if (!last) return fail(last.error());
  if (last->empty() || last->back() != '\n' ||
      sha256_hex(std::string_view(*last).substr(0, last->size() - 1)) != head) {
    return fail(Error::io(name_ + ": its last acknowledged record is not what was written"));
  }
  return {};
}

// The descriptor of before is held until there is a better one: it may be the last that refers to a deleted log.
Result<std::optional<Cut>> Segment::reopen(const std::string& head, std::uint64_t seq) {
  const auto path = path_in(directory_, name_);
  // open_append would create what is not there, and the next start take an empty file for a new log.
  if (const auto there = files_->open_read(path); !there) return fail(there.error());
  auto file = files_->open_append(path);
  if (!file) return fail(file.error());
  if (auto checked = check_last(**file, head); !checked) return fail(checked.error());
  auto cut = measure(**file, end_);
  if (!cut) return fail(cut.error());
  if (touched_ && cut->bytes > 0) {
    auto kept = keep_torn(*files_, directory_, **file, end_, seq);
    if (!kept) return fail(kept.error());
    cut->file = std::move(*kept);
  }
  if (auto done = (*file)->truncate(end_); !done) return fail(done.error());
  if (auto done = files_->sync_directory(directory_); !done) return fail(done.error());
  file_ = std::move(*file);
  reserved_to_ = end_;
  failure_.reset();
  touched_ = false;
  if (cut->bytes == 0) return std::optional<Cut>();
  return std::optional<Cut>(*cut);
}

}  // namespace canaryd::audit
