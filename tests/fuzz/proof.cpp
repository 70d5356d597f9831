// A proof file: what is read of it is what is written again, and nothing is proven that was not signed.
#include "canaryd/audit/proof.hpp"

#include "fuzz.hpp"
#include "known_key.hpp"

using namespace canaryd;
using namespace canaryd::audit;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<PublicKey> keys{fuzz::known_key().public_key()};
  const auto proof = parse_proof(fuzz::text_of(data, size));
  if (!proof) return 0;
  const std::string written = to_json(*proof);
  const auto again = parse_proof(written);
  fuzz::must(again.has_value(), "a written proof is read");
  fuzz::must(to_json(*again) == written, "what is read of a written proof is what was written");
  const auto verdict = check_proof(*proof, keys);
  const auto* inclusion = std::get_if<InclusionProof>(&proof->content);
  if (inclusion == nullptr || !verdict.path_fault.empty() || !verdict.signature_fault.empty()) return 0;
  for (const auto& record : inclusion->records) {
    fuzz::must(record.line == fuzz::known_record(record.seq), "only what was recorded is proven");
  }
  return 0;
}
