#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "resource.hpp"

namespace canaryd::sandbox {

// An error answer, worded as kube-apiserver words it (the contract suite compares both).
struct Failure {
  int code = 500;
  std::string reason;
  std::string message;
  std::string group;  // group, plural and name: of `details`; empty are left out
  std::string plural;
  std::string name;

  std::string body() const;  // a Status object

  static Failure not_found(const Resource& resource, const std::string& name);
  static Failure already_exists(const Resource& resource, const std::string& name);
  static Failure modified(const Resource& resource, const std::string& name);  // a resourceVersion that is not current
  static Failure bad_request(std::string message);
  static Failure invalid(const Resource& resource, const std::string& name, const std::string& what);
  // What cannot be decoded into the built-in `kind`: of a body, and of an object that a patch made.
  static Failure undecodable(std::string_view kind, const std::string& what);
  static Failure undecodable_patch(const std::string& object, const std::string& what);
  static Failure patch_failed();  // a JSON Patch whose `test` failed or whose path is absent
  static Failure method_not_allowed();
  static Failure unsupported_media_type();
  static Failure expired(std::string message);
};

template <class T>
using Outcome = tl::expected<T, Failure>;

inline tl::unexpected<Failure> refuse(Failure failure) { return tl::unexpected<Failure>(std::move(failure)); }

}  // namespace canaryd::sandbox
