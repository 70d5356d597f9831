#include "canaryd/base/strong.hpp"

#include <doctest/doctest.h>

#include <string>
#include <type_traits>
#include <unordered_set>

#include "canaryd/base/error.hpp"

using namespace canaryd;

// A name of one kind is never taken for another, nor a bare string for a name.
static_assert(!std::is_convertible_v<Namespace, ServiceName>);
static_assert(!std::is_constructible_v<Revision, ServiceName>);
static_assert(!std::is_convertible_v<std::string, Revision>);
static_assert(!std::is_default_constructible_v<Percent>);

TEST_CASE("a percent is a whole number from 0 to 100") {
  CHECK(Percent::from(0) == Percent::zero());
  CHECK(Percent::from(100)->value() == 100);
  CHECK_FALSE(Percent::from(-1).has_value());
  CHECK_FALSE(Percent::from(101).has_value());
  CHECK_FALSE(Percent::from(4294967301).has_value());
  CHECK(*Percent::from(5) < *Percent::from(10));
}

TEST_CASE("a target is ordered and hashed by both of its names") {
  const Target iris{Namespace("ml"), ServiceName("iris")};
  CHECK(iris.str() == "ml/iris");
  CHECK(iris == Target{Namespace("ml"), ServiceName("iris")});
  CHECK(iris != Target{Namespace("web"), ServiceName("iris")});
  const std::unordered_set<Target> targets = {iris, {Namespace("ml"), ServiceName("lily")}, iris};
  CHECK(targets.size() == 2);
}

TEST_CASE("a label of DNS has up to 63 of its characters") {
  for (const char* good : {"a", "ml", "iris-2", "0", "a--b"}) CHECK(is_dns_label(good));
  CHECK(is_dns_label(std::string(63, 'a')));
  CHECK_FALSE(is_dns_label(std::string(64, 'a')));
  for (const char* bad : {"", "-a", "a-", "A", "a.b", "a_b", "a/b", "a b", "é", "a\n"}) CHECK_FALSE(is_dns_label(bad));
  CHECK_FALSE(is_dns_label(std::string("a\0b", 3)));
}

TEST_CASE("a subdomain is labels joined by dots and 253 bytes at most") {
  CHECK(is_dns_subdomain("iris-predictor-00002"));
  CHECK(is_dns_subdomain("a.b.c"));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "a.-b", "A.b"}) CHECK_FALSE(is_dns_subdomain(bad));
  std::string longest = std::string(63, 'a') + '.' + std::string(63, 'b') + '.' + std::string(63, 'c') + '.';
  longest += std::string(61, 'd');
  CHECK(is_dns_subdomain(longest));
  CHECK_FALSE(is_dns_subdomain(longest + "d"));
}

TEST_CASE("each kind of error has a name of its own") {
  CHECK(name_of(ErrorKind::invalid) == std::string("invalid"));
  CHECK(name_of(ErrorKind::outcome_unknown) == std::string("outcome_unknown"));
  std::unordered_set<std::string> names;
  constexpr int kinds = static_cast<int>(ErrorKind::cancelled) + 1;
  for (int kind = 0; kind < kinds; ++kind) names.insert(name_of(static_cast<ErrorKind>(kind)));
  CHECK(names.size() == kinds);
}
