#pragma once

#include <string>
#include <string_view>

#include "canaryd/audit/tree.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::audit {

// SHA-256(0x01 || left || right): RFC 6962, section 2.1.
Hash node_hash(const Hash& left, const Hash& right);

// Of the tree without leaves.
Hash empty_root();

// A view into `hash`.
inline std::string_view bytes_of(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }
inline std::string hex_of(const Hash& hash) { return to_hex(bytes_of(hash)); }

}  // namespace canaryd::audit
