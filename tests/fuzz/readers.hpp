#pragma once

#include "files_from_bytes.hpp"

namespace canaryd::audit::fuzz {

// Gives a folder with these files to everything that reads a log: verification, the reading in order, queries, stories,
// reports and proofs, and a start, which recovers what it can and goes on. After a start that succeeded the log
// verifies as far as a start answers for it.
void read_everything(const FileList& list);

}  // namespace canaryd::audit::fuzz
