#pragma once

#include "canaryd/audit/checkpoint.hpp"

namespace canaryd::audit::fuzz {

// The key of the seeds' checkpoints: 32 times the byte 7.
const SigningKey& known_key();
std::vector<SigningKey> known_keys();
// What it signs for the log of this name; every other text that seems to be signed by it is a forgery.
inline constexpr const char* known_name = "canaryd/0123456789abcdef0123456789abcdef";
inline constexpr std::uint64_t known_records = 5;
std::string known_record(std::uint64_t seq);
TreeHead known_head();
std::string known_note();

}  // namespace canaryd::audit::fuzz
