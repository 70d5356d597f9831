#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/audit/tree.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::audit {

// Checkpoints are signed notes: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature. Each of our
// keys signs twice: type 0x01 (Ed25519 over the text) and type 0x04 (a cosignature, which holds the time, so that the
// checkpoint of an idle log is not a replay). Pure; safe from any thread.

inline constexpr std::size_t checkpoint_limit = 16U << 10U;  // bytes of one note that is read

// An Ed25519 public key, 32 bytes.
class PublicKey {
 public:
  explicit PublicKey(const std::array<unsigned char, 32>& bytes) : bytes_(bytes) {}
  const std::array<unsigned char, 32>& bytes() const { return bytes_; }
  bool verifies(std::string_view message, std::string_view signature) const;
  // SHA-256(name || LF || type || key)[:4], big-endian.
  std::uint32_t id(std::string_view name, unsigned char type) const;
  // "<name>+<id, 8 hexadecimal digits>+<base64 of type || key>", as other tools of the field take it.
  std::string vkey(std::string_view name, unsigned char type) const;
  std::string pem() const;  // SubjectPublicKeyInfo
  bool operator==(const PublicKey&) const = default;

 private:
  std::array<unsigned char, 32> bytes_;
};

// Every key in a text: PEM blocks (public keys), or lines with vkeys of type 0x01 or 0x04 (their name is not kept).
// `where` begins the error's message. invalid for a text without one, or with anything else in it.
Result<std::vector<PublicKey>> parse_public_keys(std::string_view text, const std::string& where);

// An Ed25519 private key. Its bytes are wiped when it goes.
class SigningKey {
 public:
  static Result<SigningKey> generate();
  // PKCS#8 PEM, as `openssl genpkey -algorithm ed25519` writes it. The message never holds a part of the key.
  static Result<SigningKey> parse(std::string_view pem, const std::string& where);
  SigningKey(SigningKey&&) noexcept;
  SigningKey& operator=(SigningKey&&) noexcept;
  ~SigningKey();
  std::string pem() const;
  const PublicKey& public_key() const;
  std::string sign(std::string_view message) const;  // 64 bytes

 private:
  struct Impl;
  explicit SigningKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct NoteSignature {
  std::string name;
  std::uint32_t key_id = 0;
  std::string bytes;  // behind the key id
};

struct Checkpoint {
  std::string origin;
  TreeHead head;
  std::vector<std::string> extensions;  // canaryd writes none
  std::vector<NoteSignature> signatures;
  std::string text;  // what is signed: the lines before the blank one, with the last LF
};

// The name of a log: "<origin>/<log id>".
std::string log_name(const std::string& origin, const std::string& log_id);
// invalid unless `origin` is not empty, has no space, control character or plus in it and at most 256 bytes of UTF-8.
Status check_origin(const std::string& origin);

std::string checkpoint_text(const std::string& name, const TreeHead& head);
// A whole note, two signatures a key, the keys in order.
std::string sign_checkpoint(const std::string& name, const TreeHead& head, const std::vector<SigningKey>& keys,
                            WallTime now);
// Reads one note; the signatures are not checked. invalid says what was expected.
Result<Checkpoint> parse_checkpoint(std::string_view note);

struct SignatureVerdict {
  // Signed by a known key, no signature of a known key is wrong, and each that signed did so in both ways: the note
  // without one of the two is not what canaryd wrote.
  bool good = false;
  std::string what;                       // when not: why
  std::optional<std::int64_t> timestamp;  // seconds, the newest of the good cosignatures
};
// By name and key id; what other keys signed is left aside, as the note's specification demands.
SignatureVerdict check_signatures(const Checkpoint& checkpoint, const std::vector<PublicKey>& keys);

}  // namespace canaryd::audit
