#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

// A checkpoint that was kept outside of its log.
struct Anchor {
  TreeHead head;
  std::uint64_t line = 0;    // where it first stands, from 1
  std::uint64_t byte = 0;    // where that line begins
  std::uint32_t file = 0;    // in Anchors::files
  std::uint32_t name = 0;    // in Anchors::names
  std::uint64_t times = 1;   // how often the same root was kept
  std::string unsigned_why;  // when keys were given and none of them signed it
};

struct Anchors {
  std::vector<std::string> files;
  std::vector<std::string> names;
  std::vector<Anchor> heads;       // each once, in order of size
  std::vector<std::string> notes;  // of what looked like a checkpoint and is none
};

// Every checkpoint in the files: signed notes as they are, or lines of logs in which a field `checkpoint` holds a note,
// in base64 or as text, whatever wraps these lines (docs/audit-verify.md). Without keys no signature is checked. Memory
// grows with the number of distinct checkpoints only. Errors: io, invalid for a file without any checkpoint.
Result<Anchors> read_anchors(const std::vector<std::string>& paths, const std::vector<PublicKey>& keys, Files& files);

}  // namespace canaryd::audit
