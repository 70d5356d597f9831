#include "canaryd/base/secret.hpp"

#include <string.h>  // NOLINT(modernize-deprecated-headers): <cstring> does not promise explicit_bzero

#include <utility>

namespace canaryd {

Secret::Secret(std::string text) : text_(std::move(text)) {}

Secret::~Secret() { ::explicit_bzero(text_.data(), text_.size()); }

}  // namespace canaryd
