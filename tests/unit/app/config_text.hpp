#pragma once

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "canaryd/app/config.hpp"

namespace canaryd::app {

// The shortest configuration that reads: only what is required.
inline constexpr std::string_view shortest = R"(server:
  tls:
    certificate: /tls/tls.crt
    key: /tls/tls.key
  clients:
    tokens:
      - name: alertmanager
        role: alert
        file: /tokens/alertmanager
)";

// The problems of a configuration, each as it is shown.
inline std::vector<std::string> problems_of(std::string_view text, const std::string& file = "c.yaml") {
  std::vector<std::string> out;
  for (const auto& problem : read_config(text, file).problems) out.push_back(problem.str());
  return out;
}

// The shortest configuration (9 lines) and `more` from line 10 on.
inline std::vector<std::string> problems_with(std::string_view more) {
  return problems_of(std::string(shortest) + std::string(more));
}

// `text` with `from`, which stands in it once, replaced.
inline std::string with(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  const auto at = out.find(from);
  if (at == std::string::npos || out.find(from, at + 1) != std::string::npos)
    return "the text to replace is not there once";
  return out.replace(at, from.size(), to);
}

using Lines = std::vector<std::string>;

}  // namespace canaryd::app

// A failed comparison of problems shows them.
template <>
struct doctest::StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    std::string out;
    for (const auto& line : lines) out += "\n    " + line;
    return out.c_str();
  }
};
