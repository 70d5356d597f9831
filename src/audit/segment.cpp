#include "segment.hpp"

#include <algorithm>

#include "canaryd/base/digest.hpp"
#include "names.hpp"
#include "sha256.hpp"

namespace canaryd::audit {

namespace {
constexpr std::uint64_t reserve_step = 1U << 20U;  // one fallocate for many records
constexpr std::size_t read_step = 256U << 10U;
}  // namespace

Result<Cut> measure(Reader& file, std::uint64_t offset) {
  Cut cut;
  Sha256 hash;
  for (;;) {
    auto bytes = file.read(offset + cut.bytes, read_step);
    if (!bytes) return fail(bytes.error());
    if (bytes->empty()) break;
    hash.add(*bytes);
    cut.bytes += bytes->size();
  }
  cut.sha256 = hash.hex();
  return cut;
}

Segment::Segment(Files& files, std::string directory, std::string name, std::unique_ptr<File> file, std::uint64_t end,
                 std::uint64_t last_length)
    : files_(files),
      directory_(std::move(directory)),
      name_(std::move(name)),
      file_(std::move(file)),
      end_(end),
      last_length_(last_length),
      reserved_to_(end) {}

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
    failed_ = true;
    return done;
  }
  end_ += lines.size();
  last_length_ = last_length;
  return {};
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

Result<std::optional<Cut>> Segment::reopen(const std::string& head) {
  file_.reset();
  auto file = files_.open_append(path_in(directory_, name_));
  if (!file) return fail(file.error());
  if (auto checked = check_last(**file, head); !checked) return fail(checked.error());
  const auto cut = measure(**file, end_);
  if (!cut) return fail(cut.error());
  if (auto done = (*file)->truncate(end_); !done) return fail(done.error());
  if (auto done = files_.sync_directory(directory_); !done) return fail(done.error());
  file_ = std::move(*file);
  reserved_to_ = end_;
  failed_ = false;
  if (cut->bytes == 0) return std::optional<Cut>();
  return std::optional<Cut>(*cut);
}

}  // namespace canaryd::audit
