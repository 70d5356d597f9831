#include <doctest/doctest.h>

#include "config_text.hpp"

using namespace canaryd::app;

TEST_CASE("a duplicate key is refused with both places") {
  CHECK(problems_with("instance: a\nlog: {}\ninstance: b\n") ==
        Lines{"c.yaml:12:1: the key \"instance\" stands twice, expected it once: it stands on line 10 already"});
  CHECK(problems_with("log: {level: info, \"level\": warn}\n") ==
        Lines{"c.yaml:10:20: the key \"level\" stands twice, expected it once: it stands on line 10 already"});
}

TEST_CASE("aliases and anchors are refused") {
  CHECK(problems_with("log: &x {}\naudit: *x\n") ==
        Lines{"c.yaml:10:6: an anchor (&), expected none: anchors are not supported",
              "c.yaml:11:8: an alias (*), expected the value itself: aliases are not supported"});
  CHECK(problems_with("cluster: &c {namespaces: &n [*c]}\n") ==
        Lines{"c.yaml:10:10: an anchor (&), expected none: anchors are not supported",
              "c.yaml:10:26: an anchor (&), expected none: anchors are not supported",
              "c.yaml:10:30: an alias (*), expected the value itself: aliases are not supported"});
  CHECK(problems_with("instance: &x a\n") ==
        Lines{"c.yaml:10:11: an anchor (&), expected none: anchors are not supported"});
  CHECK(problems_of("&a [*a]\n") ==
        Lines{"c.yaml:1:1: an anchor (&), expected none: anchors are not supported",
              "c.yaml:1:1: got a list, expected a map with the key server",
              "c.yaml:1:5: an alias (*), expected the value itself: aliases are not supported"});
  CHECK(problems_with("instance: *gone\n") == Lines{"c.yaml:10:11: not YAML, here or shortly before (the referenced "
                                                    "anchor is not defined), expected valid YAML"});
}

TEST_CASE("a merge key is refused") {
  CHECK(problems_with("<<: {instance: a}\n") ==
        Lines{"c.yaml:10:1: a merge key (<<), expected none: merge keys are not supported"});
}

TEST_CASE("tags are refused wherever they stand") {
  for (const auto* text :
       {"instance: !!str abc\n", "instance: ! abc\n", "instance: !own abc\n", "instance: !<x> abc\n"}) {
    CAPTURE(text);
    CHECK(problems_with(text) == Lines{"c.yaml:10:11: a tag (!), expected none: tags are not supported"});
  }
  CHECK(problems_with("log: !map {}\n") == Lines{"c.yaml:10:6: a tag (!), expected none: tags are not supported"});
  CHECK(problems_with("cluster: {namespaces: !seq []}\n") ==
        Lines{"c.yaml:10:23: a tag (!), expected none: tags are not supported"});
}

TEST_CASE("a second document is refused") {
  CHECK(problems_with("---\ninstance: a\n") ==
        Lines{"c.yaml:10:1: a second document, expected one document in the file"});
  CHECK(problems_of("--- {}\n---\n") == Lines{"c.yaml:2:1: a second document, expected one document in the file"});
  CHECK(
      problems_of("- a\nb: c\n") ==
      Lines{
          "c.yaml:2:1: this line does not belong to what stands before it, expected one map: look at the indentation"});
}

TEST_CASE("one document may have its begin and its end marked") {
  CHECK(problems_of("%YAML 1.2\n---\n" + std::string(shortest) + "...\n") == Lines{});
}

TEST_CASE("a quote that does not end is refused where it begins") {
  CHECK(problems_with("instance: \"abc\nlog: {}\n") ==
        Lines{"c.yaml:10:11: a quote that does not end, expected its closing \""});
  CHECK(problems_with("instance: 'it''s\n") ==
        Lines{"c.yaml:10:11: a quote that does not end, expected its closing '"});
  CHECK(problems_with("instance: \"a\\\"\n") ==
        Lines{"c.yaml:10:11: a quote that does not end, expected its closing \""});
}

TEST_CASE("a syntax error ends the reading at its place") {
  CHECK(problems_with("log:\n    level: info\n  format: json\nnonsense: 1\n") ==
        Lines{"c.yaml:12:3: not YAML, here or shortly before (end of map not found), expected valid YAML"});
  CHECK(problems_with("log: {level: info\n") ==
        Lines{"c.yaml:11:1: not YAML, here or shortly before (end of map flow not found), expected valid YAML"});
}

TEST_CASE("problems before a syntax error are told, too") {
  CHECK(problems_with("instance: &x a\nlog: ]\n") ==
        Lines{"c.yaml:10:11: an anchor (&), expected none: anchors are not supported",
              "c.yaml:11:6: not YAML, here or shortly before (illegal flow end), expected valid YAML"});
}

TEST_CASE("a key that is no text is refused") {
  CHECK(problems_with("[a]: b\n") == Lines{"c.yaml:10:1: this key is no text, expected a plain key"});
  CHECK(problems_with("log: {{a: b}: c}\n") == Lines{"c.yaml:10:7: this key is no text, expected a plain key"});
}

TEST_CASE("bytes that are no text are refused") {
  CHECK(problems_with("# caf\xe9\n") ==
        Lines{"c.yaml:10:1: bytes on this line that are not UTF-8, expected UTF-8 text"});
  CHECK(problems_with(std::string("log: \0", 6)) == Lines{"c.yaml:10:6: a control character, expected text"});
  CHECK(problems_of(std::string("s\0e\0r\0", 6)) == Lines{"c.yaml:1:2: a control character, expected text"});
}

TEST_CASE("columns count characters and not bytes") {
  CHECK(problems_with("log: {level: \"\xC3\xA9\xC3\xA9\", forma: json}\n") ==
        Lines{"c.yaml:10:14: log.level: got \"\xC3\xA9\xC3\xA9\", expected debug, info, warn or error",
              "c.yaml:10:20: unknown key \"forma\" in log, expected format (the nearest known key)"});
}

TEST_CASE("depth and size are bounded") {
  const std::string too_deep = "nested too deeply, expected at most 32 levels";
  CHECK(problems_of(std::string(100, '[') + std::string(100, ']')) == Lines{"c.yaml:1:33: " + too_deep});
  CHECK(problems_of(std::string(32, '[') + std::string(32, ']')) ==
        Lines{"c.yaml:1:1: got a list, expected a map with the key server"});
  std::string maps;
  std::string lists;
  for (int i = 0; i < 100000; ++i) {
    maps += "{a: ";
    lists += "- ";
  }
  for (const auto& text : {std::string(100000, '['), maps, lists}) {
    const auto problems = problems_of(text);
    REQUIRE(problems.size() == 1);
    INFO(problems[0].substr(0, 200));
    CHECK(problems[0].ends_with(too_deep));
  }
  CHECK(problems_of(std::string(1048577, '#')) ==
        Lines{"c.yaml:1:1: the file has 1048577 bytes, expected at most 1048576"});
  std::string many = "a: [";
  for (int i = 0; i < 10001; ++i) many += "1,";
  CHECK(problems_of(many + "]") == Lines{"c.yaml:1:20005: too many entries, expected at most 10000"});
}

TEST_CASE("a file with a token given by mistake is refused without showing it") {
  for (const auto* text :
       {"goodtoken-0123456789\n", "'goodtoken-0123456789'", "goodtoken 0123456789\n", "goodtoken\n0123"}) {
    CAPTURE(text);
    CHECK(problems_of(text) == Lines{"c.yaml:1:1: got a text, expected a map with the key server"});
  }
}

TEST_CASE("an empty file is refused") {
  const Lines expected{"c.yaml:1:1: got nothing, expected a map with the key server"};
  for (const auto* text : {"", "# only a comment\n", "---\n", "~\n"}) {
    CAPTURE(text);
    CHECK(problems_of(text) == expected);
  }
  CHECK(problems_of("[]") == Lines{"c.yaml:1:1: got a list, expected a map with the key server"});
  CHECK(problems_of("server") == Lines{"c.yaml:1:1: got a text, expected a map with the key server"});
}
