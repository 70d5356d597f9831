#include "canaryd/alert/notification.hpp"

#include <nlohmann/json.hpp>

#include "parser.hpp"

namespace canaryd::alert {

namespace {

using Json = nlohmann::json;

// Hands the events of nlohmann's parser on; no document is built.
class Events final : public nlohmann::json_sax<Json> {
 public:
  explicit Events(Parser& parser) : parser_(parser) {}

  bool null() override { return parser_.scalar({"null", nullptr, std::nullopt}); }
  bool boolean(bool value) override { return parser_.scalar({value ? "true" : "false", nullptr, std::nullopt}); }
  bool number_integer(number_integer_t value) override { return parser_.scalar({"a number", nullptr, value}); }
  bool number_unsigned(number_unsigned_t value) override {
    if (!std::in_range<std::int64_t>(value)) return parser_.scalar({"a number above 64 bits", nullptr, std::nullopt});
    return parser_.scalar({"a number", nullptr, static_cast<std::int64_t>(value)});
  }
  bool number_float(number_float_t /*value*/, const string_t& /*text*/) override {
    return parser_.scalar({"a fraction", nullptr, std::nullopt});
  }
  bool string(string_t& value) override { return parser_.scalar({"a string", &value, std::nullopt}); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*elements*/) override { return parser_.begin_object(); }
  bool start_array(std::size_t /*elements*/) override { return parser_.begin_array(); }
  bool end_object() override { return parser_.end(); }
  bool end_array() override { return parser_.end(); }
  bool key(string_t& name) override { return parser_.key(name); }
  bool parse_error(std::size_t byte, const std::string& /*token*/, const Json::exception& /*error*/) override {
    return parser_.broken(byte);
  }

 private:
  Parser& parser_;
};

}  // namespace

Result<Notification> parse_notification(std::string_view body) {
  Parser parser;
  Events events(parser);
  if (!Json::sax_parse(body.begin(), body.end(), &events)) return fail(Error::invalid(parser.failure()));
  return parser.take();
}

}  // namespace canaryd::alert
