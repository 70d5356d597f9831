#include "checkpointer_keys.hpp"

#include <algorithm>
#include <utility>

#include "canaryd/audit/checkpointer.hpp"
#include "canaryd/base/digest.hpp"
#include "canaryd/base/secret.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t key_file_limit = 16U << 10U;

Result<std::string> content_of(Files& files, const std::string& path) {
  auto file = files.open_read(path);
  if (!file) return fail(file.error());
  auto text = (*file)->read(0, key_file_limit);
  if (text && text->size() == key_file_limit) return fail(Error::invalid(path + ": too long for a key"));
  return text;
}

bool same_keys(const std::vector<SigningKey>& a, const std::vector<SigningKey>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const SigningKey& one, const SigningKey& other) {
    return one.public_key() == other.public_key();
  });
}

}  // namespace

std::vector<PublicKey> public_keys_of(const std::vector<std::string>& key_files, Files& files) {
  std::vector<PublicKey> keys;
  for (const auto& path : key_files) {
    auto content = content_of(files, path);
    if (!content) continue;
    const Secret secret(std::move(*content));
    if (const auto key = SigningKey::parse(secret.text(), path)) keys.push_back(key->public_key());
  }
  return keys;
}

void SigningKeys::set_files(const std::vector<std::string>& paths) {
  std::vector<Slot> slots;
  for (const auto& path : paths) {
    const auto old = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& slot) { return slot.path == path; });
    Slot slot;
    if (old != slots_.end()) slot = std::exchange(*old, Slot{});
    slot.path = path;
    slots.push_back(std::move(slot));
  }
  slots_ = std::move(slots);
  rebuild_ = true;
}

bool SigningKeys::refresh() {
  for (auto& slot : slots_) look_at(slot);
  if (!std::exchange(rebuild_, false)) return false;
  auto now = keys_in_force();
  if (same_keys(keys_, now)) return false;
  keys_ = std::move(now);
  return true;
}

std::vector<PublicKey> SigningKeys::public_keys() const {
  std::vector<PublicKey> keys;
  keys.reserve(keys_.size());
  for (const auto& key : keys_) keys.push_back(key.public_key());
  return keys;
}

std::size_t SigningKeys::refused() const {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](const Slot& slot) { return !slot.refusal.empty(); }));
}

void SigningKeys::look_at(Slot& slot) {
  auto content = content_of(files_, slot.path);
  if (!content) {
    slot.seen.clear();  // what comes back unchanged is looked at again
    return refuse(slot, content.error().message);
  }
  const Secret secret(std::move(*content));
  auto digest = sha256_hex(secret.text());
  if (digest == slot.seen) return;
  slot.seen = std::move(digest);
  auto key = SigningKey::parse(secret.text(), slot.path);
  if (!key) return refuse(slot, key.error().message);
  slot.refusal.clear();
  slot.key = std::move(*key);
  rebuild_ = true;
}

void SigningKeys::refuse(Slot& slot, const std::string& why) {
  if (slot.refusal == why) return;
  slot.refusal = why;
  logger_.error("audit_key_refused", {{"file", slot.path},
                                      {"error", why},
                                      {"in_force", slot.key ? "the key that was read before" : "none of this file"}});
}

std::vector<SigningKey> SigningKeys::keys_in_force() const {
  std::vector<SigningKey> keys;
  for (const auto& slot : slots_) {
    if (!slot.key) continue;
    const bool known = std::any_of(keys.begin(), keys.end(),
                                   [&](const SigningKey& key) { return key.public_key() == slot.key->public_key(); });
    if (known) continue;
    // SigningKey cannot be copied, so that no code does it without meaning to.
    const Secret pem(slot.key->pem());
    if (auto copy = SigningKey::parse(pem.text(), slot.path)) keys.push_back(std::move(*copy));
  }
  return keys;
}

}  // namespace canaryd::audit
