#include "loaded_rule.hpp"

#include <algorithm>
#include <cctype>

#include "json.hpp"

namespace canaryd::doctor {

Result<std::vector<LoadedRule>> decode_rules(std::string_view json) {
  const auto answer = Value::parse(json);
  if (!answer) return fail(answer.error());
  if (!(*answer)["data"]["groups"].present()) return fail(Error::invalid("an answer without data.groups"));
  std::vector<LoadedRule> out;
  for (const auto& group : (*answer)["data"]["groups"].items()) {
    for (const auto& rule : group["rules"].items()) {
      LoadedRule loaded;
      loaded.group = group["name"].text();
      loaded.interval = group["interval"].number().value_or(0);
      loaded.is_alert = rule["type"].text() == "alerting";
      loaded.name = rule["name"].text();
      loaded.expression = rule["query"].text();
      loaded.hold = rule["duration"].number().value_or(0);
      loaded.keep = rule["keepFiringFor"].number().value_or(0);
      loaded.labels = rule["labels"].texts();
      if (rule["health"].text() == "err") loaded.error = rule["lastError"].text();
      if (rule["health"].text() == "err" && loaded.error.empty()) loaded.error = "no reason is given";
      out.push_back(std::move(loaded));
    }
  }
  return out;
}

std::string normal_form(std::string_view expression) {
  std::string out;
  char quote = 0;
  std::vector<std::string> matchers;  // of the selector that is open
  bool inside = false;
  for (std::size_t i = 0; i < expression.size(); ++i) {
    const char c = expression[i];
    std::string& text = inside ? matchers.back() : out;
    if (quote != 0) {
      text += c;
      if (c == '\\' && quote != '`' && i + 1 < expression.size()) text += expression[++i];
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'' || c == '`') {
      text += c;
      quote = c;
    } else if (c == '#') {
      while (i + 1 < expression.size() && expression[i + 1] != '\n') ++i;
    } else if (c == '{') {
      inside = true;
      matchers.assign(1, {});
    } else if (c == '}') {
      inside = false;
      std::sort(matchers.begin(), matchers.end());
      out += '{';
      for (const auto& each : matchers) out += each + ",";
      out += '}';
    } else if (inside && c == ',') {
      matchers.emplace_back();
    } else if (c == '+' && expression.substr(i + 1).starts_with("Inf") && !out.empty() &&
               std::string_view("<>=(,").find(out.back()) != std::string_view::npos) {
      continue;
    } else if (std::isspace(static_cast<unsigned char>(c)) == 0) {
      text += c;
    }
  }
  return out;
}

}  // namespace canaryd::doctor
