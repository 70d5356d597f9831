#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace canaryd {

// A string that cannot be handed over where another kind of string is meant.
template <class Tag>
class StrongString {
 public:
  StrongString() = default;
  explicit StrongString(std::string value) : value_(std::move(value)) {}
  const std::string& str() const { return value_; }
  bool empty() const { return value_.empty(); }
  auto operator<=>(const StrongString&) const = default;

 private:
  std::string value_;
};

using Namespace = StrongString<struct NamespaceTag>;
using ServiceName = StrongString<struct ServiceNameTag>;  // metadata.name of an InferenceService
using Revision = StrongString<struct RevisionTag>;        // a Knative Revision: "iris-predictor-00002"
using Uid = StrongString<struct UidTag>;

// A share of traffic, a whole number from 0 to 100. KServe's schema has no range, so it is enforced here.
class Percent {
 public:
  static std::optional<Percent> from(std::int64_t value) {
    if (value < 0 || value > 100) return std::nullopt;
    return Percent(static_cast<int>(value));
  }
  static constexpr Percent zero() { return Percent(0); }
  constexpr int value() const { return value_; }
  auto operator<=>(const Percent&) const = default;

 private:
  constexpr explicit Percent(int value) : value_(value) {}
  int value_;
};

// One InferenceService: what decisions, locks and records are about.
struct Target {
  Namespace ns;
  ServiceName name;
  auto operator<=>(const Target&) const = default;
  std::string str() const { return ns.str() + "/" + name.str(); }  // "ml/iris"
};

// RFC 1123 label, as Kubernetes asks of a namespace and KServe of a service: 1 to 63 of [a-z0-9-], not '-' at an end.
bool is_dns_label(const std::string& text);
// RFC 1123 subdomain (Revisions): labels joined by '.', 253 at most.
bool is_dns_subdomain(const std::string& text);

}  // namespace canaryd

template <>
struct std::hash<canaryd::Target> {
  std::size_t operator()(const canaryd::Target& t) const noexcept {
    return std::hash<std::string>{}(t.ns.str()) * 31 + std::hash<std::string>{}(t.name.str());
  }
};
