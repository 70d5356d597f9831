#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::traffic {

// Which keys of a JSON text are kept; arrays are passed through. What is not named costs no memory: most of an
// InferenceService (its containers, its managedFields) is of no interest here.
struct Shape {
  std::string_view key;
  std::span<const Shape> children = {};  // empty: the whole value is kept
};

// The first thing that was wrong, empty when nothing was.
struct Problem {
  std::string text;
};

// A place in a document, absent or not. A wrong type is noted in the Problem and reads as absent.
class Field {
 public:
  Field(const nlohmann::json* value, std::string path, Problem& problem);

  bool present() const { return value_ != nullptr; }  // there and not null
  bool is_object() const;
  Field operator[](std::string_view key) const;
  std::string text() const;
  std::optional<std::int64_t> integer() const;
  std::optional<WallTime> time() const;  // RFC 3339
  std::vector<Field> items() const;
  std::map<std::string, std::string> texts() const;
  std::vector<std::string> keys() const;  // of an object, sorted; none of anything else

  void expected(std::string_view what) const;  // notes that `what` should have stood here
  Field judged_by(Problem& problem) const;     // the same place, noting its problems elsewhere

 private:
  const nlohmann::json* value_;
  std::string path_;
  Problem* problem_;
};

// A parsed text, reduced to a shape.
class Document {
 public:
  // Errors: `invalid` when it is not JSON or nested deeper than 200.
  static Result<Document> parse(std::string_view text, std::span<const Shape> shape);
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

  const nlohmann::json& json() const { return *root_; }
  Field root(Problem& problem) const;

 private:
  explicit Document(std::unique_ptr<nlohmann::json> root);
  std::unique_ptr<nlohmann::json> root_;
};

// `text` cut at `limit` bytes, at the end of a UTF-8 character.
std::string_view cut(std::string_view text, std::size_t limit);

}  // namespace canaryd::traffic
