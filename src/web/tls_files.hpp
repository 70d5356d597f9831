#pragma once

#include <string>

#include "canaryd/base/error.hpp"
#include "canaryd/web/settings.hpp"

namespace canaryd::web {

// The bytes of a certificate, its key and the client CA, as they stood together.
struct TlsFiles {
  std::string certificate;
  std::string key;
  std::string client_ca;  // empty: none wanted
};

// Reads them. Files of one folder are read through one opened folder, and of one that swaps its content by a symlink
// (`tls.crt -> ..data/tls.crt`, as Kubernetes mounts a Secret) through the folder that the link leads to, opened once:
// a swap between two reads gives the old pair whole. Errors: `io` with the file.
Result<TlsFiles> read_tls_files(const TlsSettings& settings);

}  // namespace canaryd::web
