// A compressed segment: whatever the bytes are, reading ends, gives no more than the limit, and no more than its header
// says. run's limit on a single allocation holds the decoder's window.
#include "audit/format/zstd_reader.hpp"
#include "fuzz.hpp"
#include "memory_reader.hpp"

using namespace canaryd;
using namespace canaryd::audit;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::uint64_t limit = 4U << 20U;
  auto compressed = std::make_unique<fuzz::MemoryReader>(std::string(fuzz::text_of(data, size)));
  const auto reader = ZstdReader::open(std::move(compressed), "segment", limit);
  if (!reader) return 0;
  const auto whole = (*reader)->size();
  fuzz::must(whole && *whole <= limit, "the size is within the limit");
  std::uint64_t offset = 0;
  for (;;) {
    const auto bytes = (*reader)->read(offset, 64U << 10U);
    if (!bytes) return 0;
    if (bytes->empty()) break;
    offset += bytes->size();
    fuzz::must(offset <= *whole, "no more comes than the header says");
  }
  fuzz::must(offset == *whole, "all comes that the header says");
  return 0;
}
