#include "framing.hpp"

#include "canaryd/web/settings.hpp"

namespace canaryd::web {

std::optional<Refusal> refuse_framing(const Head& head) {
  if (head.find("transfer-encoding") != nullptr) {
    return Refusal{411, "length_required", "expected a Content-Length, not a Transfer-Encoding", {}};
  }
  if (head.find("content-encoding") != nullptr) {
    return Refusal{415, "bad_media_type", "expected no Content-Encoding", {}};
  }
  const std::string* expect = head.find("expect");
  if (expect != nullptr && *expect != "100-continue") {
    return Refusal{417, "malformed", "expected no Expect but 100-continue", {}};
  }
  const std::string* length = head.find("content-length");
  if (length != nullptr && !parse_content_length(*length)) {
    return Refusal{400, "malformed", "expected Content-Length as decimal digits", {}};
  }
  return std::nullopt;
}

std::optional<Refusal> refuse_all_but_json(const Head& head) {
  const std::string* type = head.find("content-type");
  if (type == nullptr || !is_json_type(*type)) {
    return Refusal{415, "bad_media_type", "expected Content-Type: application/json", {}};
  }
  const std::string* length = head.find("content-length");
  if (length == nullptr) return Refusal{411, "length_required", "expected a Content-Length", {}};
  if (parse_content_length(*length).value_or(max_body + 1) > max_body) {
    return Refusal{413, "too_large", "expected a body of at most 1 MiB", {}};
  }
  return std::nullopt;
}

std::optional<Refusal> refuse_body(const Head& head) {
  const std::string* length = head.find("content-length");
  if (length == nullptr || *length == "0") return std::nullopt;
  return Refusal{413, "too_large", "expected a request without a body", {}};
}

}  // namespace canaryd::web
