#include "cut.hpp"

#include "sha256.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t read_step = 256U << 10U;

}  // namespace

Result<Cut> measure(Reader& file, std::uint64_t offset) {
  Cut cut;
  Sha256 hash;
  for (;;) {
    auto bytes = file.read(offset + cut.bytes, read_step);
    if (!bytes) return fail(bytes.error());
    if (bytes->empty()) break;
    hash.add(*bytes);
    cut.bytes += bytes->size();
  }
  cut.sha256 = hash.hex();
  return cut;
}

}  // namespace canaryd::audit
