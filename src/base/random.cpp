#include "canaryd/base/random.hpp"

#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "canaryd/base/text.hpp"

namespace canaryd {

std::string random_id() {
  std::array<char, 16> bytes{};
  while (true) {
    const ssize_t got = ::getrandom(bytes.data(), bytes.size(), 0);
    if (got == static_cast<ssize_t>(bytes.size())) break;
    if (got < 0 && errno != EINTR) std::abort();  // an id that repeats would make records lie
  }
  return to_hex({bytes.data(), bytes.size()});
}

}  // namespace canaryd
