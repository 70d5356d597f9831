#pragma once

#include <string>

#include "canaryd/base/error.hpp"

namespace canaryd::kube {

// Checks PEM text at the start, where a person reads the error, and not at the first handshake. `what` says where the
// text came from. Errors: invalid.
Status check_ca(const std::string& pem, const std::string& what);
Status check_client_pair(const std::string& certificate_pem, const std::string& key_pem, const std::string& what);

// Standard base64, line breaks and spaces allowed. Errors: invalid, with `what`.
Result<std::string> from_base64(const std::string& text, const std::string& what);

}  // namespace canaryd::kube
