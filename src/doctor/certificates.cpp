#include "certificates.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <memory>
#include <optional>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "words.hpp"

namespace canaryd::doctor {
namespace {

using std::chrono::hours;

constexpr const char* check = "tls.certificate";
constexpr hours soon{24 * 7};

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;
using Chain = std::vector<Owned<X509>>;

int no_pass_phrase(char* /*into*/, int /*size*/, int /*writing*/, void* /*user*/) { return 0; }

Owned<BIO> reading(const std::string& bytes) {
  return Owned<BIO>(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

Chain chain_in(const std::string& pem) {
  Chain out;
  const auto bio = reading(pem);
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, no_pass_phrase, nullptr)) {
    out.emplace_back(certificate);
  }
  ERR_clear_error();
  return out;
}

WallTime time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return {};
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

std::string renewal() {
  return "renew it: with cert-manager see the Certificate's events, else replace the Secret; canaryd reads it again by "
         "itself";
}

// "DNS:canaryd-0.canaryd.canaryd.svc, IP Address:10.0.0.1"
std::string names_in(X509* certificate) {
  const Owned<GENERAL_NAMES> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  const Owned<BIO> text(BIO_new(BIO_s_mem()));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    if (i > 0) BIO_puts(text.get(), ", ");
    GENERAL_NAME_print(text.get(), sk_GENERAL_NAME_value(names.get(), i));
  }
  char* data = nullptr;
  const long length = BIO_get_mem_data(text.get(), &data);
  return length > 0 ? said({data, static_cast<std::size_t>(length)}) : "no host";
}

bool is_for(X509* certificate, const std::string& host) {
  return X509_check_ip_asc(certificate, host.c_str(), 0) == 1 ||
         X509_check_host(certificate, host.data(), host.size(), 0, nullptr) == 1;
}

Finding check_time(X509* certificate, const char* what, WallTime now) {
  const WallTime from = time_of(X509_get0_notBefore(certificate));
  const WallTime until = time_of(X509_get0_notAfter(certificate));
  const std::string name = std::string(what) + " ";
  if (now < from)
    return {check, Health::fail, name + "is not valid before " + to_rfc3339(from), "see this machine's clock"};
  if (now >= until) {
    return {check, Health::fail,
            name + "has expired at " + to_rfc3339(until) + ": Alertmanager does not talk to canaryd", renewal()};
  }
  if (until - now < soon) return {check, Health::warn, name + "expires at " + to_rfc3339(until), renewal()};
  return {check, Health::ok, name + "is valid until " + to_rfc3339(until), {}};
}

std::optional<Finding> check_chain(const Chain& chain, const Chain& authorities, WallTime now) {
  for (std::size_t i = 0; i + 1 < chain.size(); ++i) {
    if (X509_check_issued(chain[i + 1].get(), chain[i].get()) == X509_V_OK) continue;
    ERR_clear_error();
    return Finding{check, Health::fail,
                   "certificate " + std::to_string(i + 1) + " of the chain is not issued by the one after it",
                   "put the file in order: canaryd's own certificate, then each issuer after what it issued"};
  }
  if (authorities.empty()) return std::nullopt;
  const Owned<X509_STORE> store(X509_STORE_new());
  for (const auto& each : authorities) X509_STORE_add_cert(store.get(), each.get());
  const Owned<X509_STORE_CTX> context(X509_STORE_CTX_new());
  STACK_OF(X509)* const others = sk_X509_new_null();
  for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(others, chain[i].get());
  X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(), others);
  X509_STORE_CTX_set_default(context.get(), "ssl_server");
  X509_STORE_CTX_set_time(context.get(), 0, std::chrono::system_clock::to_time_t(now));
  const bool good = X509_verify_cert(context.get()) == 1;
  const std::string why = X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
  sk_X509_free(others);
  ERR_clear_error();
  if (good) return std::nullopt;
  return Finding{check, Health::fail, "the certificate is not trusted by the CA that was given: " + escaped(why),
                 "give Alertmanager's tls_config.ca_file the CA that issued it, and the chain its intermediates"};
}

std::optional<Finding> check_names(X509* certificate, const std::vector<std::string>& hosts) {
  for (const auto& host : hosts) {
    if (is_for(certificate, host)) continue;
    return Finding{"tls.names", Health::fail,
                   "Alertmanager calls canaryd " + escaped(host, 120) + ", and the certificate is for " +
                       names_in(certificate) + " only",
                   "issue it with this name among its subjectAltNames"};
  }
  return std::nullopt;
}

}  // namespace

Findings check_certificates(const TlsTexts& texts, const std::vector<std::string>& hosts, WallTime now) {
  const Chain chain = chain_in(texts.certificate);
  if (chain.empty()) {
    return {{check, Health::fail, "server.tls.certificate holds no PEM certificate", "put the chain there, as PEM"}};
  }
  Findings out{check_time(chain.front().get(), "the certificate", now)};
  const auto bio = reading(texts.key);
  const Owned<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (!key || X509_check_private_key(chain.front().get(), key.get()) != 1) {
    out.push_back({check, Health::fail, "server.tls.key is not the unencrypted private key of the certificate",
                   "take both from the same Secret"});
  }
  ERR_clear_error();
  if (auto found = check_chain(chain, chain_in(texts.ca), now)) out.push_back(*found);
  if (auto found = check_names(chain.front().get(), hosts)) {
    out.push_back(*found);
  } else {
    std::string called;
    for (const auto& host : hosts) called += (called.empty() ? "" : ", ") + escaped(host, 120);
    out.push_back({"tls.names",
                   Health::ok,
                   called.empty() ? "the certificate is for " + names_in(chain.front().get())
                                  : "the certificate has the names that Alertmanager calls: " + called,
                   {}});
  }
  if (texts.client_ca.empty()) return out;
  const Chain clients = chain_in(texts.client_ca);
  if (clients.empty()) {
    out.push_back({check, Health::fail, "server.tls.client_ca holds no PEM certificate", "put the clients' CA there"});
  }
  for (const auto& each : clients) {
    Finding found = check_time(each.get(), "a CA of the clients", now);
    if (found.status != Health::ok) out.push_back(std::move(found));
  }
  return out;
}

}  // namespace canaryd::doctor
