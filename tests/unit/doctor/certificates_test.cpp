#include "doctor/certificates.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "http/test_certificate.hpp"

using namespace canaryd;
using namespace canaryd::doctor;
using canaryd::test::make_certificate;

namespace {

constexpr long year = 365L * 24 * 3600;

WallTime now() { return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()); }

TlsTexts texts(const test::TestCertificate& made) { return {made.certificate_pem, made.key_pem, "", ""}; }

Health status(const TlsTexts& given, const std::vector<std::string>& hosts = {}, WallTime at = now()) {
  return worst(check_certificates(given, hosts, at));
}

}  // namespace

TEST_CASE("a certificate is judged by its time") {
  const auto made = make_certificate("canaryd", "DNS:canaryd-0.canaryd.svc", year);
  CHECK(status(texts(made)) == Health::ok);
  CHECK(status(texts(made), {}, now() + std::chrono::hours(24 * 360)) == Health::warn);
  CHECK(status(texts(made), {}, now() + std::chrono::hours(24 * 400)) == Health::fail);
  CHECK(status(texts(made), {}, now() - std::chrono::hours(24)) == Health::fail);
}

TEST_CASE("a certificate has the names by which it is called") {
  const auto made = make_certificate("canaryd", "DNS:canaryd-0.canaryd.svc", year);
  CHECK(status(texts(made), {"canaryd-0.canaryd.svc"}) == Health::ok);
  CHECK(status(texts(made), {"canaryd-0.canaryd.svc", "canaryd-1.canaryd.svc"}) == Health::fail);
  CHECK(status(texts(make_certificate("canaryd", "IP:127.0.0.1", year)), {"127.0.0.1"}) == Health::ok);
}

TEST_CASE("a key of another certificate is a FAIL") {
  auto given = texts(make_certificate("canaryd", "DNS:a", year));
  given.key = make_certificate("canaryd", "DNS:a", year).key_pem;
  CHECK(status(given) == Health::fail);
  given.key = "no key";
  CHECK(status(given) == Health::fail);
}

TEST_CASE("a chain is in order and trusted by the CA that is named") {
  const auto made = make_certificate("canaryd", "DNS:a", year);
  auto given = texts(made);
  given.ca = made.certificate_pem;
  CHECK(status(given) == Health::ok);
  given.ca = make_certificate("another", "DNS:a", year).certificate_pem;
  CHECK(status(given) == Health::fail);
  given = texts(made);
  given.certificate += make_certificate("another", "DNS:a", year).certificate_pem;
  CHECK(status(given) == Health::fail);
}

TEST_CASE("the CA of the clients is looked at too") {
  auto given = texts(make_certificate("canaryd", "DNS:a", year));
  given.client_ca = make_certificate("clients", "DNS:b", 7200).certificate_pem;
  CHECK(status(given) == Health::warn);
  given.client_ca = "nothing";
  CHECK(status(given) == Health::fail);
}

TEST_CASE("no certificate at all is a FAIL and shows no key") {
  const auto found = check_certificates({"", "SECRET", "", ""}, {}, now());
  REQUIRE(found.size() == 1);
  CHECK(found.front().status == Health::fail);
  CHECK(std::none_of(found.begin(), found.end(),
                     [](const Finding& each) { return each.text.find("SECRET") != std::string::npos; }));
}
