#include "api_request.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"
#include "canaryd/web/api.hpp"

namespace canaryd::web {

namespace {

using Json = nlohmann::json;
using Problem = tl::unexpected<std::string>;
using engine::Command;
using engine::Verb;

constexpr std::size_t max_shown = 64;
constexpr std::size_t max_overrides = 32;
constexpr std::chrono::hours longest_hold{365 * 24};

std::string in_quotes(std::string_view text) { return '"' + escaped(text, max_shown) + '"'; }

std::string expected(std::string_view where, std::string_view what, std::string_view got) {
  return (where.empty() ? std::string() : std::string(where) + ": ") + "expected " + std::string(what) + ", got " +
         std::string(got);
}

std::vector<std::string> keys_of(const Command& command) {
  std::vector<std::string> keys{"reason"};
  const bool held = command.verb == Verb::hold;
  const bool step = command.verb == Verb::advance || command.verb == Verb::promote;
  if (step || command.verb == Verb::rollback) keys.emplace_back("revision");
  if (step || command.verb == Verb::rollback) keys.emplace_back("override");
  if (held) keys.emplace_back("until");
  if (!command.target && (held || command.verb == Verb::release)) keys.emplace_back("namespace");
  return keys;
}

std::string listed(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

// The strings of a flat object; `override` alone is an array of them. Stops at the first thing that is wrong, so that
// nothing is built of a body that is not one.
class Reader final : public nlohmann::json_sax<Json> {
 public:
  explicit Reader(std::vector<std::string> keys) : keys_(std::move(keys)) {}

  std::map<std::string, std::vector<std::string>> values;
  std::string failure;

  bool null() override { return refuse("null"); }
  bool boolean(bool value) override { return refuse(value ? "true" : "false"); }
  bool number_integer(number_integer_t /*value*/) override { return refuse("a number"); }
  bool number_unsigned(number_unsigned_t /*value*/) override { return refuse("a number"); }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return refuse("a number"); }
  bool binary(binary_t& /*value*/) override { return refuse("binary"); }
  bool string(string_t& value) override {
    const bool wanted = place_ == Place::list || (place_ == Place::object && key_ != "override");
    if (!wanted) return refuse("a string");
    if (values[key_].size() == max_overrides) return note("override", "at most 32 guards", "more");
    values[key_].push_back(std::move(value));
    return true;
  }
  bool start_object(std::size_t /*elements*/) override {
    if (place_ != Place::before) return refuse("an object");
    place_ = Place::object;
    return true;
  }
  bool start_array(std::size_t /*elements*/) override {
    if (place_ != Place::object || key_ != "override") return refuse("an array");
    place_ = Place::list;
    return true;
  }
  bool end_object() override { return true; }
  bool end_array() override {
    place_ = Place::object;
    return true;
  }
  bool key(string_t& name) override {
    if (std::find(keys_.begin(), keys_.end(), name) == keys_.end()) {
      return note("", "no key but " + listed(keys_), in_quotes(name));
    }
    if (!values.try_emplace(name).second) return note(name, "one key of this name", "a second one");
    key_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t byte, const std::string& /*token*/, const Json::exception& /*error*/) override {
    if (failure.empty()) {
      failure = "byte " + std::to_string(byte) + ": expected JSON in UTF-8, which breaks or ends here";
    }
    return false;
  }

 private:
  enum class Place : std::uint8_t { before, object, list };

  bool note(std::string_view where, std::string_view what, std::string_view got) {
    failure = expected(where, what, got);
    return false;
  }
  bool refuse(std::string_view got) {
    if (place_ == Place::before) return note("", "a JSON object with a reason", got);
    const bool a_list = key_ == "override" && place_ == Place::object;
    return note(key_, a_list ? "an array of guards" : "a string", got);
  }

  std::vector<std::string> keys_;
  Place place_ = Place::before;
  std::string key_;
};

// The text of a key; nullptr without it.
const std::string* find(const Reader& reader, const std::string& key) {
  const auto found = reader.values.find(key);
  return found == reader.values.end() ? nullptr : &found->second.front();
}

bool is_one_line(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

tl::expected<void, std::string> read_reason(const std::string* text, Command& command) {
  if (text == nullptr) return Problem("reason: expected a text that says why, got none");
  if (text->size() > max_reason) {
    return Problem(expected("reason", "at most 256 bytes", std::to_string(text->size())));
  }
  if (text->find_first_not_of(' ') == std::string::npos) {
    return Problem(expected("reason", "a text that says why", in_quotes(*text)));
  }
  if (!is_one_line(*text)) return Problem(expected("reason", "one line without control characters", in_quotes(*text)));
  if (!engine::says_why(*text)) {
    return Problem(expected("reason", "a text that says why", "only characters that show nothing"));
  }
  command.why = *text;
  return {};
}

tl::expected<void, std::string> read_until(const std::string& text, WallTime now, Command& command) {
  std::optional<WallTime> until = parse_rfc3339(text);
  if (!until) {
    const auto duration = parse_duration(text);
    if (!duration) {
      return Problem(expected("until", "RFC 3339 or a duration such as 2h", in_quotes(text)));
    }
    until = now + std::min<std::chrono::milliseconds>(*duration, longest_hold + std::chrono::milliseconds(1));
  }
  if (*until <= now) return Problem(expected("until", "a time in the future", in_quotes(text)));
  if (*until > now + longest_hold) return Problem(expected("until", "at most a year from now", in_quotes(text)));
  command.until = until;
  return {};
}

tl::expected<void, std::string> read_names(const Reader& reader, Command& command) {
  if (const std::string* revision = find(reader, "revision")) {
    if (!is_dns_subdomain(*revision))
      return Problem(expected("revision", "the name of a Revision", in_quotes(*revision)));
    command.revision = Revision(*revision);
  }
  if (const std::string* ns = find(reader, "namespace")) {
    if (!is_dns_label(*ns)) return Problem(expected("namespace", "a Kubernetes namespace", in_quotes(*ns)));
    command.ns = Namespace(*ns);
  }
  if (const auto found = reader.values.find("override"); found != reader.values.end()) {
    auto overrides = engine::read_overrides(found->second, command.verb);
    if (!overrides) return Problem("override: " + overrides.error().message);
    command.overrides = std::move(*overrides);
  }
  return {};
}

}  // namespace

tl::expected<void, std::string> read_act(std::string_view body, WallTime now, Command& command) {
  Reader reader(keys_of(command));
  if (!Json::sax_parse(body.begin(), body.end(), &reader)) return Problem(reader.failure);
  if (auto read = read_reason(find(reader, "reason"), command); !read) return read;
  if (auto read = read_names(reader, command); !read) return read;
  const std::string* until = find(reader, "until");
  return until == nullptr ? tl::expected<void, std::string>() : read_until(*until, now, command);
}

}  // namespace canaryd::web
