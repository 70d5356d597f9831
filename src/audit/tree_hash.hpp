#pragma once

#include "canaryd/audit/tree.hpp"

namespace canaryd::audit {

// SHA-256(0x01 || left || right): RFC 6962, section 2.1.
Hash node_hash(const Hash& left, const Hash& right);

// Of the tree without leaves.
Hash empty_root();

}  // namespace canaryd::audit
