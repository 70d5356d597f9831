// A checkpoint note: nothing that was not signed is ever taken for signed, whatever the bytes are.
#include "canaryd/audit/checkpoint.hpp"

#include "fuzz.hpp"
#include "known_key.hpp"

using namespace canaryd;
using namespace canaryd::audit;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<PublicKey> keys{fuzz::known_key().public_key()};
  static const std::string text = checkpoint_text(fuzz::known_name, fuzz::known_head());
  const auto bytes = fuzz::text_of(data, size);
  if (const auto note = parse_checkpoint(bytes)) {
    fuzz::must(bytes.starts_with(note->text), "the text that is signed is the beginning of the note");
    const auto verdict = check_signatures(*note, keys);
    fuzz::must(!verdict.good || note->text == text, "only what was signed is signed");
    fuzz::must(!check_signatures(*note, {}).good, "without keys nothing is signed");
  }
  return 0;
}
