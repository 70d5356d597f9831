#include <doctest/doctest.h>

#include <random>
#include <string>
#include <string_view>

#include "alert/payload.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/base/text.hpp"

using namespace canaryd;
using namespace canaryd::alert;

namespace {

constexpr std::string_view fragments[] = {
    "\"",   "{",    "}",     "[",    "]",        ",",        ":",          "null",       "\\u0000",
    "\xff", "\\",   "1e400", "-1",   "[[[[[[[",  "{\"a\":{", "\"alerts\"", "\"labels\"", "4",
    "",     "true", "\"4\"", "0x10", "\xe2\x80", "\r\n",     "\"\":\"\"",  "startsAt",   "99999999999999999999999"};

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::string mutated(std::string text) {
    const std::size_t times = 1 + below(4);
    for (std::size_t i = 0; i < times; ++i) mutate(text);
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }

  void mutate(std::string& text) {
    if (text.empty()) return;
    const std::size_t place = below(text.size());
    const std::size_t length = below(40);
    switch (below(6)) {
      case 0:
        text[place] = static_cast<char>(below(256));
        break;
      case 1:
        text.erase(place, length);
        break;
      case 2:
        text.insert(place, text.substr(below(text.size()), length));
        break;
      case 3:
        text.insert(place, fragments[below(std::size(fragments))]);
        break;
      case 4:
        text.replace(place, length, fragments[below(std::size(fragments))]);
        break;
      default:
        text.resize(place);
        break;
    }
  }

  std::mt19937 random_;
};

// A refusal says where: a byte of the text, or a field by its path; only of the whole body there is no place to name.
bool says_where(const std::string& message) {
  return message.substr(0, 5) == "byte " || message.find(": expected ") != std::string::npos ||
         message.substr(0, 22) == "expected a JSON object";
}

}  // namespace

TEST_CASE("a mutated payload is read or refused with a place and never harms") {
  Mutator mutator(20260801);
  int read = 0;
  int refused = 0;
  for (int i = 0; i < 20000; ++i) {
    const std::string body = mutator.mutated(sample::payload());
    const Result<Notification> parsed = parse_notification(body);
    if (parsed) {
      ++read;
      REQUIRE(parsed->alerts.size() <= max_alerts);
      for (const Alert& alert : parsed->alerts) {
        REQUIRE(alert.fingerprint.size() == 16);
        for (const auto& [name, value] : alert.labels) REQUIRE((is_utf8(name) && is_utf8(value)));
      }
    } else {
      ++refused;
      REQUIRE_MESSAGE(says_where(parsed.error().message), parsed.error().message);
      REQUIRE(parsed.error().message.size() < 400);
    }
  }
  // Both ends were reached; with this seed they are fixed.
  CHECK(read > 500);
  CHECK(refused > 10000);
}
