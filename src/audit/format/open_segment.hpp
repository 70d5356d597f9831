#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "folder.hpp"

namespace canaryd::audit {

// The records of a segment, open.
struct OpenedSegment {
  SegmentFiles files;               // as they are now
  std::unique_ptr<Reader> records;  // nullptr: its records were removed
};

// Passes on what a file says, and sees when it is the file itself that cannot be read, whoever asks.
class WatchedReader final : public Reader {
 public:
  struct Seen {
    bool failed = false;
    std::function<void(std::uint64_t bytes)> progress;  // of each read; may be empty
  };
  WatchedReader(std::unique_ptr<Reader> file, Seen& seen) : file_(std::move(file)), seen_(seen) {}
  Result<std::uint64_t> size() override;
  Result<std::string> read(std::uint64_t offset, std::size_t length) override;

 private:
  std::unique_ptr<Reader> file_;
  Seen& seen_;
};

// Opens what a listing named. The log may be in use: when it is not there any more, it was compressed or removed since,
// and the folder is listed again. `seen` outlives the readers. Errors: io; with seen.failed false, of bytes that are no
// compressed segment.
Result<OpenedSegment> open_segment(const std::string& directory, const SegmentFiles& listed, Files& files,
                                   WatchedReader::Seen& seen);

}  // namespace canaryd::audit
