#include "tree_hash.hpp"

#include "canaryd/base/digest.hpp"

namespace canaryd::audit {

namespace {

// RFC 6962 sets leaves and nodes apart, so that no record can pass for two hashes.
constexpr std::string_view leaf_prefix("\x00", 1);
constexpr std::string_view node_prefix("\x01", 1);

std::string_view bytes_of(const Hash& hash) { return {reinterpret_cast<const char*>(hash.data()), hash.size()}; }

}  // namespace

Hash leaf_hash(std::string_view record) { return sha256({leaf_prefix, record}); }
Hash node_hash(const Hash& left, const Hash& right) { return sha256({node_prefix, bytes_of(left), bytes_of(right)}); }
Hash empty_root() { return sha256({}); }

}  // namespace canaryd::audit
