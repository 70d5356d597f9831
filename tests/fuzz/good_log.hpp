#pragma once

#include "files_from_bytes.hpp"

namespace canaryd::audit::fuzz {

// The id of its records, 0 to 3.
std::string known_id(int number);

// The files of a small log that our own code wrote: several segments, every kind of record, checkpoints of the known
// key.
const FileList& good_log();
// Such a log with its closed segments compressed.
const FileList& compressed_log();

}  // namespace canaryd::audit::fuzz
