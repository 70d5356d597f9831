#pragma once

#include <cstddef>
#include <string>

#include "canaryd/base/error.hpp"

namespace canaryd {

// The whole content of a small file (a token, a certificate, a configuration). Errors: io with the path and errno's
// text; invalid when it is longer than `limit` bytes.
Result<std::string> read_file(const std::string& path, std::size_t limit = 4u << 20);

}  // namespace canaryd
