#include <nlohmann/json.hpp>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/web/api.hpp"

namespace canaryd::web {

namespace {

using Json = nlohmann::json;

constexpr int deepest = 8;  // an honest answer has three levels

// nullopt: it is no JSON.
std::optional<Json> parse(std::string_view text) {
  try {
    return Json::parse(text.begin(), text.end(), [](int depth, Json::parse_event_t, Json&) {
      if (depth > deepest) throw std::length_error("nested too deeply");
      return true;
    });
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

tl::unexpected<Error> unexpected_at(const std::string& where, const char* what) {
  return fail(Error::invalid(where + ": expected " + what));
}

// The members of an object, each of its type. The first that is not is kept in `problem`.
class Members {
 public:
  Members(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}
  std::string problem;

  std::string text(const char* key) {
    const auto found = object_.find(key);
    if (found != object_.end() && found->is_string()) return found->get<std::string>();
    return note(key, "a string"), std::string();
  }
  std::optional<std::int64_t> number(const char* key) {
    const auto found = object_.find(key);
    if (found != object_.end() && found->is_null()) return std::nullopt;
    if (found == object_.end() || !found->is_number_integer()) return note(key, "an integer"), std::nullopt;
    const auto value = found->get<std::int64_t>();
    if (value < 0 || value > max_number) return note(key, "an integer of 0 or more"), std::nullopt;
    return value;
  }
  std::vector<std::string> texts(const char* key) {
    std::vector<std::string> all;
    const auto found = object_.find(key);
    if (found == object_.end() || !found->is_array()) return note(key, "an array of strings"), all;
    for (const auto& each : *found) {
      if (!each.is_string()) return note(key, "an array of strings"), all;
      all.push_back(each.get<std::string>());
    }
    return all;
  }

 private:
  static constexpr std::int64_t max_number = 1'000'000'000;
  void note(const char* key, const char* what) {
    if (problem.empty()) problem = where_ + key + ": expected " + what;
  }
  const Json& object_;
  std::string where_;
};

Result<engine::RolloutRow> read_rollout(const Json& json, const std::string& where) {
  if (!json.is_object()) return unexpected_at(where, "an object");
  Members members(json, where + ".");
  engine::RolloutRow row;
  row.target = {Namespace(members.text("namespace")), ServiceName(members.text("name"))};
  row.component = members.text("component");
  row.stable = Revision(members.text("stable"));
  row.canary = Revision(members.text("canary"));
  row.percent = static_cast<int>(members.number("percent").value_or(0));
  if (const auto next = members.number("next")) row.next = static_cast<int>(*next);
  if (const auto left = members.number("dwell_left_seconds")) row.dwell_left = std::chrono::seconds(*left);
  row.held_by = members.texts("held_by");
  if (!members.problem.empty()) return fail(Error::invalid(members.problem));
  return row;
}

}  // namespace

std::string act_json(const ActBody& body) {
  std::string out = "{\"reason\":";
  append_json_string(out, body.reason);
  const auto add = [&](const char* key, const std::string& value) {
    if (value.empty()) return;
    out.append(",\"").append(key).append("\":");
    append_json_string(out, value);
  };
  add("revision", body.revision);
  add("until", body.until);
  add("namespace", body.ns);
  if (!body.overrides.empty()) out += ",\"override\":[";
  for (std::size_t i = 0; i < body.overrides.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, body.overrides[i]);
  }
  return out + (body.overrides.empty() ? "}" : "]}");
}

Result<engine::CommandAnswer> read_answer(std::string_view json) {
  const auto root = parse(json);
  if (!root || !root->is_object()) return fail(Error::invalid("expected a JSON object"));
  Members members(*root, "");
  engine::CommandAnswer answer{200, members.text("verdict"), members.text("reason"), members.text("id"),
                               members.text("message")};
  if (!members.problem.empty()) return fail(Error::invalid(members.problem));
  return answer;
}

Result<std::vector<engine::RolloutRow>> read_rollouts(std::string_view json) {
  const auto root = parse(json);
  if (!root || !root->is_object()) return fail(Error::invalid("expected a JSON object"));
  const auto list = root->find("rollouts");
  if (list == root->end() || !list->is_array()) return unexpected_at("rollouts", "an array");
  std::vector<engine::RolloutRow> rows;
  for (const auto& each : *list) {
    auto row = read_rollout(each, "rollouts[" + std::to_string(rows.size()) + "]");
    if (!row) return fail(row.error());
    rows.push_back(std::move(*row));
  }
  return rows;
}

}  // namespace canaryd::web
