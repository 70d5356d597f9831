#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/audit/checkpoint.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// The signature types of c2sp.org/signed-note that canaryd writes and reads.
inline constexpr unsigned char ed25519_type = 0x01;
inline constexpr unsigned char cosignature_type = 0x04;

// A note as c2sp.org/signed-note defines it, of any content.
struct Note {
  std::string text;  // with its last LF, without the blank line behind it
  std::vector<NoteSignature> signatures;
};

// invalid says what was expected. The signatures are not checked.
Result<Note> parse_note(std::string_view note);

// "— <name> <base64 of the id's four bytes and the signature>", with LF.
std::string signature_line(const std::string& name, std::uint32_t key_id, std::string_view signature);

// Whether a name may stand in a signature line: not empty, UTF-8, no Unicode space, no plus, no control character.
bool is_key_name(std::string_view name);

// What is signed in a cosignature of this time.
std::string cosigned_text(std::uint64_t seconds, std::string_view text);

std::string big_endian(std::uint64_t number, std::size_t bytes);
std::uint64_t from_big_endian(std::string_view bytes);  // 8 at most

}  // namespace canaryd::audit
