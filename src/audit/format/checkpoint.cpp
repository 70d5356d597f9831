#include "canaryd/audit/checkpoint.hpp"

#include <algorithm>

#include "base64.hpp"
#include "canaryd/base/number.hpp"
#include "note.hpp"
#include "tree_hash.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t origin_limit = 256;

Error misfit(const std::string& what) { return Error::invalid("a checkpoint: expected " + what); }

// Decimal, without leading zeros.
std::optional<std::uint64_t> size_of(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return number_from<std::uint64_t>(text);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace

std::string log_name(const std::string& origin, const std::string& log_id) { return origin + "/" + log_id; }

Status check_origin(const std::string& origin) {
  if (is_key_name(origin) && origin.size() <= origin_limit) return {};
  return fail(Error::invalid("an origin is not empty, has no space, control character or plus and at most " +
                             std::to_string(origin_limit) + " bytes of UTF-8"));
}

std::string checkpoint_text(const std::string& name, const TreeHead& head) {
  return name + "\n" + std::to_string(head.size) + "\n" + to_base64(bytes_of(head.root)) + "\n";
}

std::string sign_checkpoint(const std::string& name, const TreeHead& head, const std::vector<SigningKey>& keys,
                            WallTime now) {
  const auto since_1970 = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(since_1970, 0));
  const auto text = checkpoint_text(name, head);
  auto note = text + "\n";
  for (const auto& key : keys) {
    const auto& known = key.public_key();
    note += signature_line(name, known.id(name, ed25519_type), key.sign(text));
    note += signature_line(name, known.id(name, cosignature_type),
                           big_endian(seconds, 8) + key.sign(cosigned_text(seconds, text)));
  }
  return note;
}

Result<Checkpoint> parse_checkpoint(std::string_view note) {
  auto parsed = parse_note(note);
  if (!parsed) return fail(parsed.error());
  auto lines = lines_of(parsed->text);
  if (lines.size() < 3 || std::any_of(lines.begin(), lines.end(), [](const auto& line) { return line.empty(); })) {
    return fail(misfit("three lines or more, none of them empty"));
  }
  const auto size = size_of(lines[1]);
  if (!size) return fail(misfit("a number of records without leading zeros in line 2"));
  const auto root = from_base64(lines[2]);
  Checkpoint checkpoint{std::move(lines[0]), {*size, {}}, {}, std::move(parsed->signatures), std::move(parsed->text)};
  if (!root || root->size() != checkpoint.head.root.size()) return fail(misfit("base64 of 32 bytes in line 3"));
  root->copy(reinterpret_cast<char*>(checkpoint.head.root.data()), root->size());
  checkpoint.extensions.assign(lines.begin() + 3, lines.end());
  return checkpoint;
}

}  // namespace canaryd::audit
