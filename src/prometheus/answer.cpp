#include "answer.hpp"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "canaryd/base/number.hpp"
#include "canaryd/base/text.hpp"

namespace canaryd::prometheus {

namespace {

using Json = nlohmann::json;

constexpr std::size_t deepest = 16;  // an answer has 5 levels
constexpr std::size_t most_samples = 10'000;

Error unexpected(const std::string& what) { return Error::invalid("Prometheus' answer: " + what); }

// A number as Prometheus writes it: "0.05", "1e-05", "NaN", "+Inf".
std::optional<double> number_of(const Json& value) {
  if (!value.is_string()) return std::nullopt;
  std::string_view text = value.get_ref<const std::string&>();
  if (text.starts_with('+')) text.remove_prefix(1);
  return number_from<double>(text);
}

// [time, "number"]
std::optional<double> value_of(const Json& pair) {
  if (!pair.is_array() || pair.size() != 2 || !pair[0].is_number()) return std::nullopt;
  return number_of(pair[1]);
}

Result<Sample> sample_of(const Json& entry) {
  if (!entry.is_object() || !entry.contains("metric") || !entry["metric"].is_object() || !entry.contains("value")) {
    return fail(unexpected("expected samples with metric and value"));
  }
  const auto value = value_of(entry["value"]);
  if (!value) return fail(unexpected("expected a value of [time, \"number\"]"));
  Sample sample;
  sample.value = *value;
  for (const auto& [name, label] : entry["metric"].items()) {
    if (!label.is_string()) return fail(unexpected("expected labels that are texts"));
    sample.labels[name] = label.get<std::string>();
  }
  return sample;
}

Result<std::vector<Sample>> read(const Json& root) {
  if (!root.is_object() || root.value("status", "") != "success") return fail(unexpected("expected status success"));
  if (root.contains("error")) return fail(unexpected("success with an error: " + escaped(root["error"].dump(), 300)));
  // A query that a store answered in part says so in a warning: half an answer is none.
  const auto warnings = root.find("warnings");
  if (warnings != root.end() && !warnings->empty()) {
    return fail(unexpected("warnings: " + escaped(warnings->dump(), 300)));
  }
  const auto data = root.find("data");
  if (data == root.end() || !data->is_object() || !data->contains("result"))
    return fail(unexpected("expected data.result"));
  const std::string type = data->value("resultType", "");
  const Json& result = (*data)["result"];
  if (type == "scalar") {
    const auto value = value_of(result);
    if (!value) return fail(unexpected("expected a scalar of [time, \"number\"]"));
    return std::vector<Sample>{{{}, *value}};
  }
  if (type != "vector" || !result.is_array()) return fail(unexpected("expected a vector, got " + escaped(type, 40)));
  if (result.size() > most_samples) {
    return fail(unexpected(std::to_string(result.size()) + " samples, at most " + std::to_string(most_samples)));
  }
  std::vector<Sample> samples;
  for (const auto& entry : result) {
    auto sample = sample_of(entry);
    if (!sample) return fail(sample.error());
    samples.push_back(std::move(*sample));
  }
  return samples;
}

// What a parsed value does not tell any more, or too late: how deep brackets stand in each other (writing a deep value
// out again, into a message, would recurse), and names that stand twice in one object, of which parsing keeps the last.
class Form final : public nlohmann::json_sax<Json> {
 public:
  std::string problem;  // empty: none; what is no JSON is said by the parser

  bool null() override { return true; }
  bool boolean(bool /*value*/) override { return true; }
  bool number_integer(number_integer_t /*value*/) override { return true; }
  bool number_unsigned(number_unsigned_t /*value*/) override { return true; }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override { return true; }
  bool string(string_t& /*value*/) override { return true; }
  bool binary(binary_t& /*value*/) override { return true; }
  bool start_object(std::size_t /*elements*/) override { return begins(); }
  bool start_array(std::size_t /*elements*/) override { return begins(); }
  bool end_object() override { return ends(); }
  bool end_array() override { return ends(); }
  bool key(string_t& name) override {
    if (names_.back().insert(name).second) return true;
    problem = "expected each name once, got " + escaped(name, 40) + " twice in one object";
    return false;
  }
  bool parse_error(std::size_t /*byte*/, const std::string& /*token*/, const Json::exception& /*error*/) override {
    return false;
  }

 private:
  bool begins() {
    names_.emplace_back();
    if (names_.size() > deepest) problem = "it is nested deeper than " + std::to_string(deepest);
    return names_.size() <= deepest;
  }
  bool ends() {
    names_.pop_back();
    return true;
  }
  std::vector<std::set<std::string>> names_;  // of each object that is not closed yet; lists have none
};

}  // namespace

Result<std::vector<Sample>> samples_of(std::string_view body) {
  try {
    Form form;
    if (!Json::sax_parse(body, &form) && !form.problem.empty()) return fail(unexpected(form.problem));
    return read(Json::parse(body));
  } catch (const Json::exception&) {
    return fail(unexpected("expected JSON, got " + escaped(body, 100)));
  }
}

}  // namespace canaryd::prometheus
