#include <array>
#include <cstdio>
#include <limits>

#include "canaryd/audit/checkpoint.hpp"
#include "note.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t time_size = 8;

std::string key_text(std::uint32_t id) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%08x", id);
  return text.data();
}

// The time of a cosignature that is good; nullopt when it is not.
std::optional<std::int64_t> cosigned_at(const PublicKey& key, const Checkpoint& checkpoint, std::string_view bytes) {
  if (bytes.size() < time_size) return std::nullopt;
  const auto seconds = from_big_endian(bytes.substr(0, time_size));
  if (seconds > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  if (!key.verifies(cosigned_text(seconds, checkpoint.text), bytes.substr(time_size))) return std::nullopt;
  return static_cast<std::int64_t>(seconds);
}

// What one key signed. canaryd signs twice with each key: only one of the two tells that the other was taken off or
// that its name or id was changed, which makes it one that a reader of notes leaves aside.
class KeySignatures {
 public:
  KeySignatures(const PublicKey& key, const Checkpoint& checkpoint)
      : key_(key),
        checkpoint_(checkpoint),
        ed25519_id_(key.id(checkpoint.origin, ed25519_type)),
        cosignature_id_(key.id(checkpoint.origin, cosignature_type)) {}

  void check(SignatureVerdict& verdict) {
    for (const auto& signature : checkpoint_.signatures) {
      if (signature.name == checkpoint_.origin) see(signature, verdict);
    }
    if (plain_ == cosigned_) {
      any_good_ = plain_;
    } else {
      wrong(verdict, "is missing", plain_ ? cosignature_id_ : ed25519_id_);
    }
  }
  bool any_good() const { return any_good_; }

 private:
  void see(const NoteSignature& signature, SignatureVerdict& verdict) {
    if (signature.key_id == ed25519_id_) {
      plain_ = true;
      if (!key_.verifies(checkpoint_.text, signature.bytes)) wrong(verdict, "is wrong", ed25519_id_);
    } else if (signature.key_id == cosignature_id_) {
      cosigned_ = true;
      const auto time = cosigned_at(key_, checkpoint_, signature.bytes);
      if (!time) return wrong(verdict, "is wrong", cosignature_id_);
      if (!verdict.timestamp || *verdict.timestamp < *time) verdict.timestamp = time;
    }
  }
  static void wrong(SignatureVerdict& verdict, const std::string& how, std::uint32_t id) {
    if (verdict.what.empty()) verdict.what = "the signature of key " + key_text(id) + " " + how;
  }

  const PublicKey& key_;
  const Checkpoint& checkpoint_;
  std::uint32_t ed25519_id_;
  std::uint32_t cosignature_id_;
  bool plain_ = false;
  bool cosigned_ = false;
  bool any_good_ = false;
};

}  // namespace

SignatureVerdict check_signatures(const Checkpoint& checkpoint, const std::vector<PublicKey>& keys) {
  SignatureVerdict verdict;
  bool any_good = false;
  for (const auto& key : keys) {
    KeySignatures signatures(key, checkpoint);
    signatures.check(verdict);
    any_good = any_good || signatures.any_good();
  }
  if (!any_good && verdict.what.empty()) verdict.what = "it is not signed by a key that is known here";
  verdict.good = verdict.what.empty();
  if (!verdict.good) verdict.timestamp.reset();
  return verdict;
}

}  // namespace canaryd::audit
