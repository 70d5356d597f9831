#include "field_selector.hpp"

#include <algorithm>

#include "json.hpp"

namespace canaryd::sandbox {

namespace {

constexpr std::string_view of_involved = "involvedObject.";

bool is_known(Kind kind, const std::string& field) {
  if (field == "metadata.name" || field == "metadata.namespace") return true;
  if (kind != Kind::event) return false;
  constexpr std::array names{"reason",
                             "type",
                             "source",
                             "reportingComponent",
                             "involvedObject.kind",
                             "involvedObject.namespace",
                             "involvedObject.name",
                             "involvedObject.uid",
                             "involvedObject.apiVersion",
                             "involvedObject.resourceVersion",
                             "involvedObject.fieldPath"};
  return std::find(names.begin(), names.end(), field) != names.end();
}

Failure unknown_field(Kind kind, const std::string& field) {
  if (kind == Kind::config_map) {
    return Failure::bad_request("\"" + field +
                                "\" is not a known field selector: only \"metadata.name\", \"metadata.namespace\"");
  }
  return Failure::bad_request("field label not supported: " + field);
}

Failure not_understood(const std::string& text, const std::string& term) {
  return Failure::bad_request("invalid selector: '" + text + "'; can't understand '" + term + "'");
}

std::string value_of(const std::string& field, const Key& key, const Json& object) {
  if (field == "metadata.name") return key.name;
  if (field == "metadata.namespace") return key.ns;
  if (field.starts_with(of_involved)) {
    return text_member(member(object, "involvedObject"), field.substr(of_involved.size()).c_str());
  }
  if (field != "source") return text_member(object, field.c_str());
  const std::string component = text_member(member(object, "source"), "component");
  return component.empty() ? text_member(object, "reportingComponent") : component;
}

}  // namespace

Outcome<FieldSelector> FieldSelector::parse(Kind kind, const std::string& text) {
  FieldSelector selector;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string term = text.substr(begin, end - begin);
    begin = end + 1;
    if (term.empty()) continue;
    const std::size_t sign = term.find('=');
    if (sign == std::string::npos || sign == 0) {
      return refuse(not_understood(text, term));
    }
    Requirement requirement;
    requirement.equal = term[sign - 1] != '!';
    requirement.field = term.substr(0, requirement.equal ? sign : sign - 1);
    requirement.value = term.substr(term[sign + 1] == '=' ? sign + 2 : sign + 1);
    if (!is_known(kind, requirement.field)) return refuse(unknown_field(kind, requirement.field));
    selector.requirements_.push_back(std::move(requirement));
  }
  return selector;
}

bool FieldSelector::selects(const Key& key, const std::string& object) const {
  Json parsed;  // only when the object itself is asked for: a list of 10,000 services by name reads none
  return std::all_of(requirements_.begin(), requirements_.end(), [&](const Requirement& requirement) {
    if (parsed.is_null() && !requirement.field.starts_with("metadata.")) parsed = parse_json(object).value_or(Json());
    return (value_of(requirement.field, key, parsed) == requirement.value) == requirement.equal;
  });
}

std::optional<std::string> FieldSelector::only_name() const {
  if (requirements_.size() != 1 || requirements_[0].field != "metadata.name" || !requirements_[0].equal) {
    return std::nullopt;
  }
  return requirements_[0].value;
}

}  // namespace canaryd::sandbox
