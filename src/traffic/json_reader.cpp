#include "json_reader.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "canaryd/base/text.hpp"
#include "canaryd/base/time_text.hpp"

namespace canaryd::traffic {

namespace {

using Json = nlohmann::json;

// Deeper than any object of Kubernetes; the bound is for what walks the document recursively later.
constexpr int max_depth = 200;

// Builds the document from the parser's events, leaving out what the shape does not name.
class Picker final : public nlohmann::json_sax<Json> {
 public:
  explicit Picker(std::span<const Shape> shape) : next_{shape, shape.empty()} {}

  Json take() { return std::move(root_); }
  const std::string& failure() const { return failure_; }

  bool null() override { return scalar(nullptr); }
  bool boolean(bool value) override { return scalar(value); }
  bool number_integer(number_integer_t value) override { return scalar(value); }
  bool number_unsigned(number_unsigned_t value) override { return scalar(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return scalar(value); }
  bool string(string_t& value) override { return scalar(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }
  bool start_object(std::size_t /*elements*/) override { return open(Json::object()); }
  bool start_array(std::size_t /*elements*/) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    if (skipping_ > 0) return true;
    const Kept& here = open_.back().kept;
    if (here.whole) {
      next_ = here;
    } else {
      const auto found =
          std::find_if(here.shape.begin(), here.shape.end(), [&](const Shape& s) { return s.key == name; });
      if (found == here.shape.end()) {
        skipping_ = 1;
        return true;
      }
      next_ = {found->children, found->children.empty()};
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& /*token*/, const Json::exception& /*error*/) override {
    failure_ = "expected JSON, which ends or breaks at byte " + std::to_string(position);
    return false;
  }

 private:
  struct Kept {
    std::span<const Shape> shape;
    bool whole;
  };
  struct Open {
    Json* node;
    Kept kept;
  };

  // `skipping_` is 0 while values are kept, 1 between a key that is left out and its value, above that inside the
  // value.
  template <class T>
  bool scalar(T&& value) {
    if (skipping_ == 0) {
      put(Json(std::forward<T>(value)));
    } else if (skipping_ == 1) {
      skipping_ = 0;
    }
    return true;
  }

  bool open(Json container) {
    if (++depth_ > max_depth) {
      failure_ = "expected JSON nested at most " + std::to_string(max_depth) + " deep";
      return false;
    }
    if (skipping_ > 0) {
      ++skipping_;
      return true;
    }
    const Kept kept = open_.empty() || open_.back().node->is_object() ? next_ : open_.back().kept;
    open_.push_back({put(std::move(container)), kept});
    return true;
  }

  bool close() {
    --depth_;
    if (skipping_ == 0) {
      open_.pop_back();
    } else if (--skipping_ == 1) {
      skipping_ = 0;
    }
    return true;
  }

  Json* put(Json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    Json& parent = *open_.back().node;
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    Json& place = parent[key_];
    place = std::move(value);
    return &place;
  }

  Json root_;
  std::vector<Open> open_;
  Kept next_;
  std::string key_;
  std::string failure_;
  int skipping_ = 0;
  int depth_ = 0;
};

std::string described(const Json& value) {
  if (value.is_string()) return '"' + escaped(value.get_ref<const std::string&>(), 64) + '"';
  if (value.is_number()) return value.dump();
  return std::string(value.is_object() || value.is_array() ? "an " : "a ") + value.type_name();
}

}  // namespace

Field::Field(const Json* value, std::string path, Problem& problem)
    : value_(value != nullptr && value->is_null() ? nullptr : value), path_(std::move(path)), problem_(&problem) {}

std::vector<std::string> Field::keys() const {
  std::vector<std::string> out;
  if (!is_object()) return out;
  for (const auto& item : value_->items()) out.push_back(item.key());
  return out;
}

bool Field::is_object() const { return value_ != nullptr && value_->is_object(); }

Field Field::operator[](std::string_view key) const {
  std::string path = path_.empty() ? std::string(key) : path_ + "." + std::string(key);
  if (value_ == nullptr) return {nullptr, std::move(path), *problem_};
  if (!value_->is_object()) {
    expected("an object");
    return {nullptr, std::move(path), *problem_};
  }
  const auto found = value_->find(key);
  return {found == value_->end() ? nullptr : &*found, std::move(path), *problem_};
}

std::string Field::text() const {
  if (value_ == nullptr) return {};
  if (value_->is_string()) return value_->get_ref<const std::string&>();
  expected("a string");
  return {};
}

std::optional<std::int64_t> Field::integer() const {
  if (value_ == nullptr) return std::nullopt;
  // The parser holds what is above the range of int64 as unsigned, and what is above that as a fraction.
  if (value_->is_number_unsigned() && !std::in_range<std::int64_t>(value_->get<std::uint64_t>())) {
    expected("an integer of 64 bits");
    return std::nullopt;
  }
  if (value_->is_number_integer()) return value_->get<std::int64_t>();
  expected("an integer");
  return std::nullopt;
}

std::optional<WallTime> Field::time() const {
  const std::string written = text();
  if (written.empty()) return std::nullopt;
  const std::optional<WallTime> time = parse_rfc3339(written);
  if (!time) expected("RFC 3339");
  return time;
}

std::vector<Field> Field::items() const {
  std::vector<Field> items;
  if (value_ == nullptr) return items;
  if (!value_->is_array()) {
    expected("an array");
    return items;
  }
  items.reserve(value_->size());
  for (std::size_t i = 0; i < value_->size(); ++i) {
    items.emplace_back(&(*value_)[i], path_ + "[" + std::to_string(i) + "]", *problem_);
  }
  return items;
}

std::map<std::string, std::string> Field::texts() const {
  std::map<std::string, std::string> texts;
  if (value_ == nullptr) return texts;
  if (!value_->is_object()) {
    expected("an object");
    return texts;
  }
  for (const auto& [key, value] : value_->items()) {
    if (value.is_string()) {
      texts.emplace(key, value.get_ref<const std::string&>());
    } else {
      Field(&value, path_ + "." + escaped(key, 64), *problem_).expected("a string");
    }
  }
  return texts;
}

void Field::expected(std::string_view what) const {
  if (!problem_->text.empty()) return;
  problem_->text = (path_.empty() ? "" : path_ + ": ") + "expected " + std::string(what);
  if (value_ != nullptr) problem_->text += ", got " + described(*value_);
}

Field Field::judged_by(Problem& problem) const { return {value_, path_, problem}; }

Result<Document> Document::parse(std::string_view text, std::span<const Shape> shape) {
  Picker picker(shape);
  if (!Json::sax_parse(text.begin(), text.end(), &picker)) return fail(Error::invalid(picker.failure()));
  return Document(std::make_unique<Json>(picker.take()));
}

Document::Document(std::unique_ptr<Json> root) : root_(std::move(root)) {}
Document::Document(Document&&) noexcept = default;
Document& Document::operator=(Document&&) noexcept = default;
Document::~Document() = default;

Field Document::root(Problem& problem) const { return {root_.get(), "", problem}; }

std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0u) == 0x80u) --limit;
  return text.substr(0, limit);
}

}  // namespace canaryd::traffic
