#include "canaryd/base/text.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "canaryd/base/digest.hpp"
#include "canaryd/base/random.hpp"

using namespace canaryd;
using namespace std::string_view_literals;

TEST_CASE("plain text and other scripts come through the escape unchanged") {
  CHECK(escaped("iris-predictor-00002") == "iris-predictor-00002");
  CHECK(escaped("é 日本 🌸") == "é 日本 🌸");
  CHECK(escaped("").empty());
}

TEST_CASE("what could forge a line or a quote is escaped") {
  CHECK(escaped("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(escaped("say \"hi\"") == "say \\\"hi\\\"");
  CHECK(escaped("C:\\x41") == "C:\\\\x41");
  CHECK(escaped("\x1b[31mred\x7f") == "\\x1b[31mred\\x7f");
  CHECK(escaped("a\0b"sv) == "a\\x00b");
}

TEST_CASE("what changes how the text around it is shown is escaped") {
  CHECK(escaped("\xc2\x85next") == "\\u{0085}next");
  CHECK(escaped("\xc2\x9b"
                "31m") == "\\u{009b}31m");
  CHECK(escaped("\xe2\x80\xa8") == "\\u{2028}");
  CHECK(escaped("\xe2\x80\xa9") == "\\u{2029}");
  for (const char* bidi : {"\xe2\x80\xaa", "\xe2\x80\xae", "\xe2\x81\xa6", "\xe2\x81\xa9"}) {
    CHECK(escaped(bidi).substr(0, 4) == "\\u{2");
  }
  CHECK(escaped("\xc2\xa0") == "\xc2\xa0");
}

TEST_CASE("bytes that are not UTF-8 are escaped one by one") {
  CHECK(escaped("\xff") == "\\xff");
  CHECK(escaped("a\xc3") == "a\\xc3");
  CHECK(escaped("\xc0\xaf") == "\\xc0\\xaf");
  CHECK(escaped("\xe0\x80\xaf") == "\\xe0\\x80\\xaf");
  CHECK(escaped("\xed\xa0\x80") == "\\xed\\xa0\\x80");
  CHECK(escaped("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(escaped("\xe2\x82 ") == "\\xe2\\x82 ");
  CHECK(utf8_or_escaped("a\nb\xff\xc3\xa9") == "a\nb\\xff\xc3\xa9");
}

TEST_CASE("a JSON string escapes the same characters in the ways that JSON knows") {
  const auto json = [](std::string_view text) {
    std::string out = "before ";
    append_json_string(out, text);
    return out.substr(7);
  };
  CHECK(json("") == "\"\"");
  CHECK(json("iris é 🌸") == "\"iris é 🌸\"");
  CHECK(json("a\nb\r\tc \"d\" \\") == "\"a\\nb\\r\\tc \\\"d\\\" \\\\\"");
  CHECK(json("\x1b[31m\x7f\0"sv) == "\"\\u001b[31m\\u007f\\u0000\"");
  CHECK(json("\xc2\x85\xe2\x80\xae\xef\xbb\xbf") == "\"\\u0085\\u202e\\ufeff\"");
  CHECK(json("a\xff\xc3") == "\"a\\\\xff\\\\xc3\"");
}

TEST_CASE("a message of several lines keeps its lines and quotes and nothing that deceives") {
  CHECK(printable("a \"b\" \\\nc é") == "a \"b\" \\\nc é");
  CHECK(printable("\x1b[31m\r\xe2\x80\xae\xff") == "\\x1b[31m\\r\\u{202e}\\xff");
}

TEST_CASE("long text is cut at the end of a character") {
  CHECK(escaped("abcdef", 6) == "abcdef");
  CHECK(escaped("abcdefg", 6) == "abcdef...");
  CHECK(escaped("abcdeé", 6) == "abcde...");
  CHECK(escaped("abcde\n", 6) == "abcde...");
  CHECK(escaped(std::string(1000000, 'x')).size() == 259);
  CHECK(is_utf8(escaped("ééééé", 3)));
}

TEST_CASE("UTF-8 is told from what only looks like it") {
  CHECK(is_utf8(""));
  CHECK(is_utf8("aé日🌸\0"sv));
  CHECK(is_utf8("\xf4\x8f\xbf\xbf"));
  for (const char* bad : {"\x80", "\xc1\x81", "\xc3", "\xe0\x9f\xbf", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
                          "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xfe", "\xc3\xa9\xa9"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("hexadecimal has two lower-case digits a byte") {
  CHECK(to_hex("\x00\x0f\xf0\xff"sv) == "000ff0ff");
  CHECK(to_hex("").empty());
}

TEST_CASE("secrets are equal only when all of their bytes are") {
  CHECK(equal_constant_time("", ""));
  CHECK(equal_constant_time("s3cret", "s3cret"));
  CHECK_FALSE(equal_constant_time("s3cret", "S3cret"));
  CHECK_FALSE(equal_constant_time("s3cret", "s3creT"));
  CHECK_FALSE(equal_constant_time("s3cret", "s3cre"));
  CHECK_FALSE(equal_constant_time("s3cre", "s3cret"));
  CHECK_FALSE(equal_constant_time("", "s3cret"));
  CHECK_FALSE(equal_constant_time("s3cret", ""));
  CHECK_FALSE(equal_constant_time("a\0b"sv, "a\0c"sv));
}

TEST_CASE("the digest is that of the standard") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST_CASE("ids have 128 bits and differ") {
  const std::string id = random_id();
  CHECK(id.size() == 32);
  CHECK(id.find_first_not_of("0123456789abcdef") == std::string::npos);
  CHECK(id != random_id());
}
