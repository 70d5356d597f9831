// A file of checkpoints from outside: notes, or a log pipeline's lines however wrapped.
#include "audit/verify/anchors.hpp"

#include "../unit/audit/memory_files.hpp"
#include "fuzz.hpp"
#include "known_key.hpp"

using namespace canaryd;
using namespace canaryd::audit;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<PublicKey> keys{fuzz::known_key().public_key()};
  static const TreeHead head = fuzz::known_head();
  test::MemoryFiles files;
  files.put("/shipped", std::string(fuzz::text_of(data, size)));
  const auto anchors = read_anchors({"/shipped"}, keys, files);
  if (!anchors) return 0;
  for (const auto& anchor : anchors->heads) {
    fuzz::must(!anchor.unsigned_why.empty() || (anchor.head.size == head.size && anchor.head.root == head.root),
               "only what was signed is signed");
  }
  return 0;
}
