#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace canaryd::audit {

// A piece of a text.
struct Span {
  std::size_t at = 0;
  std::size_t length = 0;
};

// What in a text looks like a secret, in order and apart from each other: what follows `Bearer` and `Basic`, JSON Web
// Tokens, private keys in PEM, what a URL holds before its host, and the value of anything whose name ends as a
// secret's does (`password=`, `"client_secret": "..."`). Linear in the text's length.
std::vector<Span> find_secrets(std::string_view text);

// Whether a label of this name holds a secret. `secret` alone does not: Kubernetes names objects so.
bool names_a_secret(std::string_view label);

}  // namespace canaryd::audit
