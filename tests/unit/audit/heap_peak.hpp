#pragma once

#include <cstddef>

namespace canaryd::audit::test {

// Bytes that operator new gave out and did not get back: what this program's own code holds.
std::size_t heap_in_use();
// The most since the last call.
std::size_t take_heap_peak();

}  // namespace canaryd::audit::test
