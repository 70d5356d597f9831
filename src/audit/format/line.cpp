#include "line.hpp"

#include "canaryd/base/digest.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::audit {

namespace {

// Writes members in the order of the calls and leaves out the empty ones.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) {}

  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    append_json_string(out_, value);
  }
  void number(std::string_view name, std::int64_t value) {
    key(name);
    out_ += std::to_string(value);
  }
  void number_unless(std::string_view name, std::int64_t value, std::int64_t absent) {
    if (value != absent) number(name, value);
  }
  void boolean(std::string_view name, bool value) {
    key(name);
    out_ += value ? "true" : "false";
  }
  void pairs(std::string_view name, const Pairs& values) {
    if (values.empty()) return;
    object(name, [&](Members& members) {
      for (const auto& [k, v] : values) {
        members.key(k);
        append_json_string(members.out_, v);
      }
    });
  }
  template <class Fill>
  void object(std::string_view name, Fill fill) {
    key(name);
    braces(fill);
  }
  template <class Items, class Fill>
  void objects(std::string_view name, const Items& items, Fill fill) {
    if (items.empty()) return;
    key(name);
    char before = '[';
    for (const auto& item : items) {
      out_ += before;
      braces([&](Members& members) { fill(members, item); });
      before = ',';
    }
    out_ += ']';
  }
  void texts(std::string_view name, const std::vector<std::string>& values) {
    if (values.empty()) return;
    key(name);
    char before = '[';
    for (const auto& value : values) {
      out_ += before;
      append_json_string(out_, value);
      before = ',';
    }
    out_ += ']';
  }

 private:
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    append_json_string(out_, name);
    out_ += ':';
  }
  template <class Fill>
  void braces(Fill fill) {
    out_ += '{';
    Members inner(out_);
    fill(inner);
    out_ += '}';
  }

  std::string& out_;
  bool first_ = true;
};

void write_alert(Members& members, const AlertRef& alert) {
  members.text("name", alert.name);
  members.text("status", alert.status);
  members.text("fingerprint", alert.fingerprint);
  members.text("starts_at", alert.starts_at);
  members.text("value", alert.value);
  members.pairs("labels", alert.labels);
}

void write_guard(Members& members, const GuardAnswer& answer) {
  members.text("guard", answer.guard);
  members.boolean("passed", answer.passed);
  members.text("detail", answer.detail);
  if (answer.overridden) members.boolean("overridden", true);
}

void write_change(Members& members, const Change& change) {
  members.text("component", change.component);
  members.text("canary", change.canary);
  members.text("stable", change.stable);
  members.number_unless("percent_before", change.percent_before, -1);
  members.number_unless("percent_after", change.percent_after, -1);
}

void write_api(Members& members, const ApiAnswer& api) {
  members.number("http_status", api.http_status);
  members.text("result", api.result);
  members.text("detail", api.detail);
  members.number_unless("generation", api.generation, 0);
  members.texts("admission_changed", api.admission_changed);
}

void write_target(Members& members, const TargetRef& target) {
  members.text("namespace", target.ns);
  members.text("name", target.name);
  members.text("uid", target.uid);
}

}  // namespace

std::string body_of(const Record& record) {
  std::string out;
  out.reserve(1024);
  Members members(out);
  members.text("kind", name_of(record.kind));
  members.text("id", record.id);
  members.text("event", record.event);
  if (record.target) members.object("target", [&](Members& m) { write_target(m, *record.target); });
  members.objects("alerts", record.alerts, write_alert);
  members.text("action", record.action);
  members.text("verdict", record.verdict);
  members.text("reason", record.reason);
  members.objects("guards", record.guards, write_guard);
  members.objects("changes", record.changes, write_change);
  members.number_unless("generation", record.generation, 0);
  members.text("patch", record.patch);
  if (record.api) members.object("api", [&](Members& m) { write_api(m, *record.api); });
  members.text("policy_sha256", record.policy_sha256);
  members.text("config_sha256", record.config_sha256);
  members.text("actor", record.actor);
  members.text("peer", record.peer);
  members.text("because", record.because);
  members.number_unless("count", static_cast<std::int64_t>(record.count), 0);
  members.pairs("details", record.details);
  members.texts("shortened", record.shortened);
  members.text("message", record.message);
  return out;
}

void append_line(std::string& out, Chain& chain, WallTime time, std::string_view body) {
  const std::size_t start = out.size();
  out += "{\"seq\":";
  out += std::to_string(chain.seq);
  out += ",\"time\":\"";
  out += to_rfc3339(time);
  out += "\",\"prev\":\"";
  out += chain.prev;
  out += "\",";
  if (chain.seq == 0) out += "\"format\":1,\"log\":\"" + chain.log_id + "\",";
  out += body;
  out += '}';
  chain.prev = sha256_hex(std::string_view(out).substr(start));
  ++chain.seq;
  out += '\n';
}

}  // namespace canaryd::audit
