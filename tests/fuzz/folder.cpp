// A whole folder from bytes: segments, leaf files, compressed segments, checkpoints, torn files.
#include "fuzz.hpp"
#include "readers.hpp"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace canaryd::audit::fuzz;
  read_everything(unpacked(text_of(data, size)));
  return 0;
}
