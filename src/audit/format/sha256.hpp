#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace canaryd::audit {

// SHA-256 of bytes that come piece by piece; base's sha256_hex does it in one go.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void add(std::string_view bytes);
  std::string hex();           // 64 lower-case digits; once, at the end
  std::string so_far() const;  // the same; more may be added behind it

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace canaryd::audit
