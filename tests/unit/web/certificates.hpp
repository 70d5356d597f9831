#pragma once

#include <memory>
#include <string>

struct evp_pkey_st;
struct x509_st;

namespace canaryd::web::test {

struct Issued {
  std::string certificate;  // PEM
  std::string key;          // PEM
};

// A certificate authority of the test's own, made when the test runs.
class Authority {
 public:
  explicit Authority(const std::string& name);
  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

  std::string pem() const;
  // `sans` as OpenSSL's configuration spells them: "DNS:localhost,IP:127.0.0.1".
  // `from` and `days`: the begin and the end of its validity in days from now.
  Issued issue(const std::string& sans, int days = 30, int from = -400) const;

 private:
  std::unique_ptr<evp_pkey_st, void (*)(evp_pkey_st*)> key_;
  std::unique_ptr<x509_st, void (*)(x509_st*)> certificate_;
};

// A folder that is removed with its content.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string write(const std::string& name, const std::string& content) const;  // returns the path

 private:
  std::string folder_;
};

}  // namespace canaryd::web::test
