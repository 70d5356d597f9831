#include "story_patch.hpp"

#include <nlohmann/json.hpp>

#include "story_words.hpp"

namespace canaryd::audit {

namespace {

using nlohmann::json;

constexpr int deepest = 8;  // canaryd's patches are three deep

// "/spec/predictor/canaryTrafficPercent must be 5" and the like; throws for what is no operation of a patch.
std::string words_of(const json& operation) {
  const auto op = operation.at("op").get<std::string>();
  const auto path = shown(operation.at("path").get<std::string>());
  if (op == "remove") return "removes " + path;
  const auto value = shown(operation.at("value").dump(-1, ' ', false, json::error_handler_t::replace));
  if (op == "test") return "only if " + path + " is " + value;
  return "sets " + path + " to " + value;
}

// Too deep for a patch: what parses JSON by recursion must not be given it.
bool is_flat(std::string_view text) {
  int depth = 0;
  for (const char c : text) {
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > deepest) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> patch_words(std::string_view patch) {
  if (patch.empty()) return {};
  if (!is_flat(patch)) return {shown(patch)};
  try {
    std::vector<std::string> words;
    for (const auto& operation : json::parse(patch.begin(), patch.end())) words.push_back(words_of(operation));
    return words;
  } catch (const json::exception&) {
    return {shown(patch)};
  }
}

}  // namespace canaryd::audit
