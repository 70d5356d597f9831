#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/record.hpp"
#include "segment.hpp"

namespace canaryd::audit {

// Keeps the bytes of `segment` from `offset` to its end in a torn file that is on the disk, its name too, when this
// returns. One that an interrupted start completed is taken as it is; one that holds something else, be it the half of
// this tail, is never touched. Returns the torn file's name.
Result<std::string> keep_torn(Files& files, const std::string& directory, Reader& segment, std::uint64_t offset,
                              std::uint64_t seq);

// A `recovered` record for each torn file that no record names yet: written after the cut, so that a crash in between
// leaves the file and the next start records it. Those of a seq before `from` were cut from segments that are closed:
// their records are there.
Result<std::vector<Record>> unrecorded_torn(Files& files, const std::string& directory, std::uint64_t from,
                                            const std::set<std::string>& recorded, const std::string& misfit);

// The record of bytes that were cut; `details` says the rest.
Record recovered_record(const Cut& cut, Pairs details, const std::string& message);
// The record of something else that a start found and went on from.
Record recovered_record(Pairs details, const std::string& message);

}  // namespace canaryd::audit
