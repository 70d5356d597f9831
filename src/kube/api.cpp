#include "canaryd/kube/api.hpp"

namespace canaryd::kube {

Result<std::string> KubeApi::list_until_stopped(const Namespace& ns, const std::string& continue_token,
                                                SteadyTime deadline, const std::atomic<bool>& /*stop*/) {
  return list_inferenceservices(ns, continue_token, deadline);
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  constexpr std::string_view unreserved = "-._~";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (plain || unreserved.find(c) != std::string_view::npos) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += digits[byte >> 4];
      encoded += digits[byte & 0xF];
    }
  }
  return encoded;
}

}  // namespace canaryd::kube
