#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

// A note that was chosen, and what it says.
struct ChosenCheckpoint {
  std::string note;
  Checkpoint checkpoint;
  std::vector<PublicKey> keys;  // of those that are known, the ones that signed it
};

// Reads a note. invalid when none of `keys` signed it well; without keys signatures are not looked at. `what` begins
// the error's message.
Result<ChosenCheckpoint> choose(const std::string& note, const std::vector<PublicKey>& keys, const std::string& what);

// The newest of the folder that the keys signed, or any when there are no keys. Errors: io; not_found with the reason.
Result<ChosenCheckpoint> newest_of(const std::string& directory, const std::vector<PublicKey>& keys, Files& files);

// The newest of the folder with this size.
Result<ChosenCheckpoint> of_size(const std::string& directory, std::uint64_t size, const std::vector<PublicKey>& keys,
                                 Files& files);

}  // namespace canaryd::audit
