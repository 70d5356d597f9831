#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "audit/format/base64.hpp"
#include "canaryd/audit/proof.hpp"

namespace canaryd::audit {

namespace {

using nlohmann::json;

constexpr std::size_t path_limit = 130;  // no log of 2^64 records has a longer one
constexpr std::size_t keys_limit = 16;

// Takes the text piece by piece instead of building a tree of it: a hostile one costs no more than its own bytes.
// Every place where a value stands has a name: "checkpoint", "records[].path[]".
class Reading final : public nlohmann::json_sax<json> {
 public:
  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("true or false"); }
  bool number_integer(number_integer_t) override { return refuse("negative number"); }
  bool number_float(number_float_t, const string_t&) override { return refuse("number with a fraction"); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool number_unsigned(number_unsigned_t value) override;
  bool string(string_t& value) override;
  bool start_object(std::size_t) override;
  bool key(string_t& name) override;
  bool end_object() override;
  bool start_array(std::size_t) override;
  bool end_array() override;
  bool parse_error(std::size_t at, const std::string&, const json::exception&) override {
    return refuse_because("not JSON, at byte " + std::to_string(at));
  }

  Result<Proof> result();
  const std::string& fault() const { return fault_; }

 private:
  bool refuse(const std::string& found) {
    return refuse_because("expected no " + found + (place_.empty() ? "" : " in \"" + place_ + "\""));
  }
  bool refuse_because(const std::string& what) {
    if (fault_.empty()) fault_ = what;
    return false;
  }
  bool take_hash(std::vector<Hash>& path, const std::string& text);
  bool take_key(const std::string& text);
  bool members_are(const std::set<std::string>& expected);
  void leave();

  std::string place_;
  std::vector<std::string> outside_;            // the places of the objects and lists around this one
  std::vector<std::set<std::string>> members_;  // of the objects around this place
  std::uint64_t format_ = 0;
  std::string kind_;
  InclusionProof inclusion_;
  ConsistencyProof consistency_;
  std::vector<PublicKey> keys_;
  std::string fault_;
};

bool Reading::number_unsigned(number_unsigned_t value) {
  if (place_ == "format") {
    format_ = value;
  } else if (place_ == "records[].seq") {
    inclusion_.records.back().seq = value;
  } else {
    return refuse("number");
  }
  return true;
}

bool Reading::string(string_t& value) {
  if (place_ == "path[]") return take_hash(consistency_.path, value);
  if (place_ == "records[].path[]") return take_hash(inclusion_.records.back().path, value);
  if (place_ == "public_keys[]") return take_key(value);
  if (place_ == "records[].record") {
    inclusion_.records.back().line = std::move(value);
  } else if (place_ == "proof") {
    kind_ = std::move(value);
  } else if (place_ == "checkpoint") {
    inclusion_.checkpoint = std::move(value);
  } else if (place_ == "from") {
    consistency_.from = std::move(value);
  } else if (place_ == "to") {
    consistency_.to = std::move(value);
  } else {
    return refuse("text");
  }
  return true;
}

bool Reading::start_object(std::size_t) {
  if (!place_.empty() && place_ != "records[]") return refuse("object");
  if (place_ == "records[]") inclusion_.records.emplace_back();
  if (place_.empty() && !outside_.empty()) return refuse("object");
  outside_.push_back(place_);
  members_.emplace_back();
  return true;
}

bool Reading::key(string_t& name) {
  static const std::set<std::string> known{"format",        "proof", "records",    "records[].seq", "records[].record",
                                           "from",          "to",    "checkpoint", "path",          "public_keys",
                                           "records[].path"};
  place_ = outside_.back().empty() ? name : outside_.back() + "." + name;
  if (!known.contains(place_)) return refuse_because("a member that no proof has: \"" + place_ + "\"");
  if (!members_.back().insert(name).second) return refuse_because("\"" + place_ + "\" twice");
  return true;
}

bool Reading::end_object() {
  if (outside_.back() == "records[]" && !members_are({"seq", "record", "path"})) return false;
  if (outside_.back().empty()) {
    const bool inclusion = kind_ == "inclusion";
    if (!inclusion && kind_ != "consistency") return refuse_because("expected inclusion or consistency as \"proof\"");
    if (format_ != 1) return refuse_because("expected 1 as \"format\", got " + std::to_string(format_));
    const std::set<std::string> of_inclusion{"format", "proof", "records", "checkpoint", "public_keys"};
    const std::set<std::string> of_consistency{"format", "proof", "from", "to", "path", "public_keys"};
    if (!members_are(inclusion ? of_inclusion : of_consistency)) return false;
    if (inclusion && inclusion_.records.empty()) return refuse_because("expected a record in \"records\"");
  }
  members_.pop_back();
  leave();
  return true;
}

bool Reading::start_array(std::size_t) {
  if (place_ != "records" && place_ != "path" && place_ != "records[].path" && place_ != "public_keys") {
    return refuse("list");
  }
  outside_.push_back(place_);
  place_ += "[]";
  return true;
}

bool Reading::end_array() {
  leave();
  return true;
}

void Reading::leave() {
  place_ = outside_.back();
  outside_.pop_back();
}

bool Reading::members_are(const std::set<std::string>& expected) {
  for (const auto& name : expected) {
    if (!members_.back().contains(name)) return refuse_because("expected a member \"" + name + "\"");
  }
  for (const auto& name : members_.back()) {
    if (!expected.contains(name)) return refuse_because("a member that this kind of proof does not have: " + name);
  }
  return true;
}

bool Reading::take_hash(std::vector<Hash>& path, const std::string& text) {
  const auto bytes = from_base64(text);
  if (!bytes || bytes->size() != std::tuple_size_v<Hash>) {
    return refuse_because("expected base64 of 32 bytes in \"" + place_ + "\"");
  }
  if (path.size() == path_limit) return refuse_because("a longer path than any log has");
  path.emplace_back();
  bytes->copy(reinterpret_cast<char*>(path.back().data()), bytes->size());
  return true;
}

bool Reading::take_key(const std::string& text) {
  const auto keys = parse_public_keys(text, "\"public_keys\"");
  if (!keys) return refuse_because(keys.error().message);
  if (keys_.size() + keys->size() > keys_limit) return refuse_because("more public keys than a proof has");
  keys_.insert(keys_.end(), keys->begin(), keys->end());
  return true;
}

Result<Proof> Reading::result() {
  if (kind_ == "inclusion") return Proof{std::move(inclusion_), std::move(keys_)};
  return Proof{std::move(consistency_), std::move(keys_)};
}

}  // namespace

Result<Proof> parse_proof(std::string_view text) {
  Reading reading;
  if (json::sax_parse(text.begin(), text.end(), &reading)) return reading.result();
  return fail(Error::invalid("a proof: " + (reading.fault().empty() ? "not JSON" : reading.fault())));
}

}  // namespace canaryd::audit
