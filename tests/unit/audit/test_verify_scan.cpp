#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "audit/format/json_scan.hpp"
#include "audit/format/line.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;

namespace {

// What the JSON library says, which reads everything into memory: an object, and no deeper than ours may be.
bool accepted(const std::string& text) {
  if (text.find('\0') != std::string::npos) return false;  // the library takes it for the end
  int depth = 0;
  int deepest = 0;
  const auto count = [&](int now, nlohmann::json::parse_event_t event, const nlohmann::json&) {
    if (event == nlohmann::json::parse_event_t::object_start || event == nlohmann::json::parse_event_t::array_start) {
      depth = now + 1;
      deepest = std::max(deepest, depth);
    }
    return true;
  };
  const auto parsed = nlohmann::json::parse(text.begin(), text.end(), count, false);
  return parsed.is_object() && deepest <= static_cast<int>(json_depth_limit);
}

void check_same(const std::string& text) {
  const bool ours = !not_an_object(text);
  if (ours == accepted(text)) return;
  CAPTURE(text);
  CHECK(ours == accepted(text));
}

const std::vector<std::string>& seeds() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> texts{R"({})",
                                   R"({"a":[1,-0,0.5,1e9,-1.25E-3,true,false,null,"",{}],"b":{"c":[[],[[]]]}})",
                                   R"( { "k" : "\u00e9\ud83d\ude00\\\"\/\b\f\n\r\t" , "l" : [ 1 , 2 ] } )",
                                   "{\"utf\":\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\xEF\xBF\xBF\"}",
                                   R"({"n":[1e308,1e309,123456789012345678901234567890]})"};
    texts.push_back("{" + body_of(full(Kind::intent, "a")) + "}");
    return texts;
  }();
  return all;
}

}  // namespace

TEST_CASE("the scanner takes what the JSON library takes and nothing else") {
  for (const auto& seed : seeds()) {
    check_same(seed);
    const std::size_t step = seed.size() > 200 ? 7 : 1;
    for (std::size_t at = 0; at < seed.size(); at += step) {
      check_same(seed.substr(0, at));
      for (const char c : {'"', '\\', '{', '}',  '[',    ']',    ',',    ':',    '0',    'e',    '.',    '-',
                           'u', 'd',  ' ', '\n', '\x1f', '\x7f', '\x80', '\xC0', '\xED', '\xF4', '\xFF', '\0'}) {
        auto changed = seed;
        changed[at] = c;
        check_same(changed);
        check_same(seed.substr(0, at) + c + seed.substr(at));
      }
    }
  }
}

TEST_CASE("the scanner and the JSON library agree on random texts") {
  std::mt19937 random(4627);  // NOLINT(bugprone-random-generator-seed): the same every time
  const std::string letters = "{}[]\",:\\u0123456789abcdefDC.eE+-truefalsn \xC3\xA9\xE2\x82\xAC\xED\xA0\xF0\x9F";
  int good = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    if (i % 2 == 0) {
      text = seeds()[random() % seeds().size()];
      for (auto changes = 1 + random() % 4; changes > 0; --changes) {
        text[random() % text.size()] = letters[random() % letters.size()];
      }
    } else {
      text = "{\"";
      for (auto length = random() % 12; length > 0; --length) text += letters[random() % letters.size()];
      text += random() % 2 == 0 ? "\":1}" : "\"}";
    }
    good += accepted(text) ? 1 : 0;
    check_same(text);
  }
  MESSAGE("random texts that are JSON: " << good);
  CHECK(good > 1500);
}

TEST_CASE("deep JSON is refused at its place and needs no stack") {
  const auto nested = [](std::size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  CHECK_FALSE(not_an_object(nested(json_depth_limit - 1)));
  const auto misfit = not_an_object(nested(json_depth_limit));
  REQUIRE(misfit);
  CHECK(misfit->what == "not JSON: too deep");
  CHECK(misfit->at == 5 + json_depth_limit);
  CHECK(not_an_object(nested(8U << 20U)));
  CHECK(not_an_object("{\"a\":" + std::string(16U << 20U, '[')));
}

TEST_CASE("the place where a line stops being JSON is told") {
  const auto misfit = not_an_object(R"({"a":1,"b":tru})");
  REQUIRE(misfit);
  CHECK(misfit->at == 11);
  CHECK(not_an_object(R"([1])")->what == "expected a JSON object");
  CHECK(not_an_object(R"({} x)")->what == "expected the end of the JSON object");
}
