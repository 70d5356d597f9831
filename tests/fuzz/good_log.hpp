#pragma once

#include "files_from_bytes.hpp"

namespace canaryd::audit::fuzz {

// The files of a small log that our own code wrote: several segments, every kind of record.
const FileList& good_log();

}  // namespace canaryd::audit::fuzz
