#include "note.hpp"

#include <algorithm>

#include "base64.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit {

namespace {

constexpr std::string_view dash = "\xE2\x80\x94 ";  // an em dash, U+2014, and a space
constexpr std::size_t id_size = 4;

Error misfit(const std::string& what) { return Error::invalid("a signed note: expected " + what); }

bool has_control(std::string_view text, bool with_line_ends) {
  return std::any_of(text.begin(), text.end(),
                     [=](char c) { return static_cast<unsigned char>(c) < 0x20 && !(with_line_ends && c == '\n'); });
}

// The characters of Unicode's White_Space above U+0020, in UTF-8.
bool has_space(std::string_view text) {
  static constexpr std::array<std::string_view, 20> spaces{" ",
                                                           "\xC2\x85",
                                                           "\xC2\xA0",
                                                           "\xE1\x9A\x80",
                                                           "\xE2\x80\x80",
                                                           "\xE2\x80\x81",
                                                           "\xE2\x80\x82",
                                                           "\xE2\x80\x83",
                                                           "\xE2\x80\x84",
                                                           "\xE2\x80\x85",
                                                           "\xE2\x80\x86",
                                                           "\xE2\x80\x87",
                                                           "\xE2\x80\x88",
                                                           "\xE2\x80\x89",
                                                           "\xE2\x80\x8A",
                                                           "\xE2\x80\xA8",
                                                           "\xE2\x80\xA9",
                                                           "\xE2\x80\xAF",
                                                           "\xE2\x81\x9F",
                                                           "\xE3\x80\x80"};
  return std::any_of(spaces.begin(), spaces.end(),
                     [=](std::string_view space) { return text.find(space) != std::string_view::npos; });
}

Result<NoteSignature> signature_of(std::string_view line) {
  if (!line.starts_with(dash)) return fail(misfit("a signature line that begins with an em dash and a space"));
  line.remove_prefix(dash.size());
  const auto space = line.find(' ');
  const auto name = line.substr(0, space);
  if (space == std::string_view::npos || !is_key_name(name)) {
    return fail(misfit("a name without spaces and plus, a space and a signature"));
  }
  const auto bytes = from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() <= id_size) return fail(misfit("base64 of a key id and a signature"));
  const std::string_view all = *bytes;
  return NoteSignature{std::string(name), static_cast<std::uint32_t>(from_big_endian(all.substr(0, id_size))),
                       std::string(all.substr(id_size))};
}

}  // namespace

bool is_key_name(std::string_view name) {
  return !name.empty() && is_utf8(name) && !has_control(name, false) && !has_space(name) &&
         name.find('+') == std::string_view::npos;
}

Result<Note> parse_note(std::string_view note) {
  if (note.size() > checkpoint_limit) {
    return fail(misfit("at most " + std::to_string(checkpoint_limit) + " bytes, got " + std::to_string(note.size())));
  }
  if (!is_utf8(note)) return fail(misfit("UTF-8"));
  if (has_control(note, true)) return fail(misfit("no control characters"));
  if (!note.ends_with('\n')) return fail(misfit("a line end at its end"));
  const auto blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return fail(misfit("an empty line between text and signatures"));
  Note parsed{std::string(note.substr(0, blank + 1)), {}};
  auto lines = note.substr(blank + 2);
  if (lines.empty()) return fail(misfit("signatures behind the empty line"));
  while (!lines.empty()) {
    const auto end = lines.find('\n');
    auto signature = signature_of(lines.substr(0, end));
    if (!signature) return fail(signature.error());
    parsed.signatures.push_back(std::move(*signature));
    lines.remove_prefix(end + 1);
  }
  return parsed;
}

std::string signature_line(const std::string& name, std::uint32_t key_id, std::string_view signature) {
  std::string bytes = big_endian(key_id, id_size);
  bytes += signature;
  return std::string(dash) + name + " " + to_base64(bytes) + "\n";
}

std::string cosigned_text(std::uint64_t seconds, std::string_view text) {
  std::string message = "cosignature/v1\ntime " + std::to_string(seconds) + "\n";
  message += text;
  return message;
}

std::string big_endian(std::uint64_t number, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, number >>= 8U)
    *digit = static_cast<char>(number & 255U);
  return text;
}

std::uint64_t from_big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

}  // namespace canaryd::audit
