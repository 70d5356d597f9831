#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>

#include "address.hpp"
#include "tls_context.hpp"

namespace canaryd::web {

namespace {

struct NamesFree {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// Empty for a name with a NUL in it, an old trick to look like another name.
std::string text_of(const ASN1_STRING* string) {
  const std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
                         static_cast<std::size_t>(ASN1_STRING_length(string)));
  return text.find('\0') == std::string::npos ? text : std::string();
}

std::string spelled(const GENERAL_NAME& name) {
  switch (name.type) {
    case GEN_DNS:
      return "dns:" + lower(text_of(name.d.dNSName));
    case GEN_URI:
      return "uri:" + text_of(name.d.uniformResourceIdentifier);
    case GEN_EMAIL:
      return "email:" + text_of(name.d.rfc822Name);
    case GEN_IPADD: {
      const auto ip = canonical_ip(ASN1_STRING_get0_data(name.d.iPAddress),
                                   static_cast<std::size_t>(ASN1_STRING_length(name.d.iPAddress)));
      return "ip:" + ip.value_or("");
    }
    default:
      return {};
  }
}

}  // namespace

std::vector<std::string> client_sans(ssl_st& session) {
  X509* certificate = SSL_get0_peer_certificate(&session);
  if (certificate == nullptr) return {};
  const std::unique_ptr<GENERAL_NAMES, NamesFree> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  std::vector<std::string> result;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    std::string san = spelled(*sk_GENERAL_NAME_value(names.get(), i));
    if (!san.empty() && san.back() != ':') result.push_back(std::move(san));
  }
  return result;
}

std::string canonical_san(const std::string& san) {
  const std::size_t colon = san.find(':');
  if (colon == std::string::npos || colon + 1 == san.size()) return {};
  const std::string kind = san.substr(0, colon);
  const std::string value = san.substr(colon + 1);
  if (kind == "dns") return "dns:" + lower(value);
  if (kind == "uri" || kind == "email") return san;
  if (kind != "ip") return {};
  const auto ip = canonical_ip(value);
  return ip ? "ip:" + *ip : std::string();
}

}  // namespace canaryd::web
