#include "words.hpp"

#include <algorithm>

#include "canaryd/audit/redaction.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::doctor {
namespace {

constexpr std::size_t longest_secret = 4096;

}  // namespace

std::string listed(const std::vector<std::string>& names, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == most) return out + ", and " + std::to_string(names.size() - most) + " more";
    out += (out.empty() ? "" : ", ") + escaped(names[i]);
  }
  return out;
}

std::string listed(const std::set<std::string>& names, std::size_t most) {
  return listed(std::vector<std::string>(names.begin(), names.end()), most);
}

std::string said(std::string_view text, std::size_t most) {
  // One that begins in what is shown is found whole, unless it is very long.
  const std::string clean = audit::without_secrets(std::string(text.substr(0, most + longest_secret)));
  std::string out = printable(std::string_view(clean).substr(0, most));
  std::replace(out.begin(), out.end(), '\n', ' ');
  return clean.size() > most ? out + "..." : out;
}

std::string counted(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string spoken(std::chrono::milliseconds duration) {
  if (duration.count() % 1000 == 0 || duration.count() < 1000) return to_text(duration);
  std::string text = std::to_string(duration.count());
  text.insert(text.size() - 3, ".");
  text.erase(text.find_last_not_of('0') + 1);
  return text + "s";
}

}  // namespace canaryd::doctor
