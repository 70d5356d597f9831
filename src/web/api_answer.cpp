#include "api_answer.hpp"

#include <chrono>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/web/api.hpp"

namespace canaryd::web {

namespace {

constexpr const char* media_type = "application/json";

// One object as it is printed.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  std::string& key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    return out_ += ':';
  }
  void text(std::string_view name, std::string_view value) { append_json_string(key(name), value); }
  template <class Number>
  void number(std::string_view name, const std::optional<Number>& value) {
    key(name) += value ? std::to_string(*value) : "null";
  }
  void close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

std::string answer_text(std::string_view verdict, std::string_view reason, std::string_view id,
                        std::string_view message) {
  std::string out;
  Object object(out);
  object.text("verdict", verdict);
  object.text("reason", reason);
  object.text("id", id);
  object.text("message", message);
  object.close();
  return out;
}

// Up, so that 0 means served.
std::optional<std::int64_t> seconds_of(const std::optional<std::chrono::milliseconds>& duration) {
  if (!duration) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*duration).count();
}

void append_rollout(std::string& out, const engine::RolloutRow& row) {
  Object object(out);
  object.text("namespace", row.target.ns.str());
  object.text("name", row.target.name.str());
  object.text("component", row.component);
  object.text("stable", row.stable.str());
  object.text("canary", row.canary.str());
  object.number("percent", std::optional<int>(row.percent));
  object.number("next", row.next);
  object.number("dwell_left_seconds", seconds_of(row.dwell_left));
  object.key("held_by") += '[';
  for (std::size_t i = 0; i < row.held_by.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, row.held_by[i]);
  }
  out += ']';
  object.close();
}

}  // namespace

std::string rollouts_json(const std::vector<engine::RolloutRow>& rollouts) {
  std::string out = "{\"rollouts\":[";
  for (std::size_t i = 0; i < rollouts.size(); ++i) {
    if (i > 0) out += ',';
    append_rollout(out, rollouts[i]);
  }
  return out + "]}";
}

Reply reply_with(const engine::CommandAnswer& answer) {
  return {answer.status, answer_text(answer.verdict, answer.reason, answer.id, answer.message) + "\n", media_type};
}

Reply reply_with(const std::vector<engine::RolloutRow>& rollouts) {
  return {200, rollouts_json(rollouts) + "\n", media_type};
}

Reply refuse_with(int status, std::string_view reason, std::string_view message) {
  return {status, answer_text("refuse", reason, "", message) + "\n", media_type};
}

Refusal as_json(Refusal refusal) {
  refusal.text = answer_text("refuse", refusal.reason, "", refusal.text);
  refusal.content_type = media_type;
  return refusal;
}

}  // namespace canaryd::web
