#include "files_from_bytes.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace canaryd::audit::fuzz {

namespace {

constexpr std::string_view mark("\0FILE", 5);

struct NameKind {
  char letter;
  std::string_view before;  // the number
  std::string_view after;
};

constexpr std::array kinds{NameKind{'r', "segment-", ".jsonl"}, NameKind{'z', "segment-", ".jsonl.zst"},
                           NameKind{'l', "segment-", ".leaves"}, NameKind{'t', "torn-", ".bin"},
                           NameKind{'c', "checkpoints.log", ""}};

std::string name_of(const NameKind& kind, std::uint64_t number) {
  if (kind.after.empty()) return std::string(kind.before);
  std::array<char, 24> digits{};
  std::snprintf(digits.data(), digits.size(), "%020llu", static_cast<unsigned long long>(number));
  return std::string(kind.before) + digits.data() + std::string(kind.after);
}

}  // namespace

std::string packed(const FileList& files) {
  std::string bytes;
  for (const auto& [name, content] : files) {
    for (const auto& kind : kinds) {
      if (!name.starts_with(kind.before) || !name.ends_with(kind.after)) continue;
      const auto digits = name.substr(kind.before.size(), name.size() - kind.before.size() - kind.after.size());
      const auto number =
          digits.empty() ? std::string("0") : digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
      bytes += std::string(mark) + kind.letter + number + ":" + content;
      break;
    }
  }
  return bytes;
}

FileList unpacked(std::string_view bytes) {
  FileList files;
  auto at = bytes.find(mark);
  while (at != std::string_view::npos) {
    bytes.remove_prefix(at + mark.size());
    at = bytes.find(mark);
    auto content = bytes.substr(0, at);
    if (content.empty()) continue;
    const auto kind =
        std::find_if(kinds.begin(), kinds.end(), [&](const NameKind& k) { return k.letter == content[0]; });
    content.remove_prefix(1);
    std::uint64_t number = 0;
    while (!content.empty() && content[0] >= '0' && content[0] <= '9') {
      number = number * 10 + static_cast<std::uint64_t>(content[0] - '0');
      content.remove_prefix(1);
    }
    if (!content.empty() && content[0] == ':') content.remove_prefix(1);
    if (kind != kinds.end()) files.emplace_back(name_of(*kind, number), content);
  }
  return files;
}

}  // namespace canaryd::audit::fuzz
