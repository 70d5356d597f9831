#include "json_patch.hpp"

#include <vector>

#include "canaryd/base/number.hpp"

namespace canaryd::sandbox {

namespace {

using Pointer = std::vector<std::string>;

std::optional<Pointer> parse_pointer(const std::string& text) {
  Pointer tokens;
  if (text.empty()) return tokens;
  if (text.front() != '/') return std::nullopt;
  std::string token;
  for (std::size_t i = 1; i <= text.size(); ++i) {
    if (i == text.size() || text[i] == '/') {
      tokens.push_back(std::move(token));
      token.clear();
    } else if (text[i] == '~') {
      if (i + 1 == text.size() || (text[i + 1] != '0' && text[i + 1] != '1')) return std::nullopt;
      token += text[++i] == '0' ? '~' : '/';
    } else {
      token += text[i];
    }
  }
  return tokens;
}

std::optional<std::size_t> index_of(const std::string& token, std::size_t limit) {
  const auto index = number_from<std::size_t>(token);
  return index && *index < limit ? index : std::nullopt;
}

Json* child(Json& parent, const std::string& token) {
  if (parent.is_object()) {
    const auto found = parent.find(token);
    return found == parent.end() ? nullptr : &*found;
  }
  if (!parent.is_array()) return nullptr;
  const auto index = index_of(token, parent.size());
  return index ? &parent[*index] : nullptr;
}

// The value that holds the last token; nullptr when the way there is absent.
Json* container(Json& document, const Pointer& pointer) {
  Json* at = &document;
  for (std::size_t i = 0; i + 1 < pointer.size() && at != nullptr; ++i) at = child(*at, pointer[i]);
  return at != nullptr && at->is_structured() ? at : nullptr;
}

Json* find(Json& document, const Pointer& pointer) {
  if (pointer.empty()) return &document;
  Json* holder = container(document, pointer);
  return holder == nullptr ? nullptr : child(*holder, pointer.back());
}

bool add(Json& document, const Pointer& pointer, const Json& value) {
  if (pointer.empty()) {
    document = value;
    return true;
  }
  Json* holder = container(document, pointer);
  if (holder == nullptr) return false;
  if (holder->is_object()) {
    (*holder)[pointer.back()] = value;
    return true;
  }
  if (pointer.back() == "-") {
    holder->push_back(value);
    return true;
  }
  const auto index = index_of(pointer.back(), holder->size() + 1);
  if (!index) return false;
  holder->insert(holder->begin() + static_cast<Json::difference_type>(*index), value);
  return true;
}

bool remove(Json& document, const Pointer& pointer) {
  if (pointer.empty()) return false;
  Json* holder = container(document, pointer);
  if (holder == nullptr || child(*holder, pointer.back()) == nullptr) return false;
  if (holder->is_object()) {
    holder->erase(pointer.back());
  } else {
    holder->erase(*index_of(pointer.back(), holder->size()));
  }
  return true;
}

// Against RFC 6902, kube-apiserver's `replace` creates an absent member of a present object.
bool replace(Json& document, const Pointer& pointer, const Json& value) {
  if (Json* found = find(document, pointer); found != nullptr) {
    *found = value;
    return true;
  }
  Json* holder = container(document, pointer);
  if (holder == nullptr || !holder->is_object()) return false;
  (*holder)[pointer.back()] = value;
  return true;
}

bool test(Json& document, const Pointer& pointer, const Json& value) {
  if (!pointer.empty() && container(document, pointer) == nullptr) return false;
  const Json* found = find(document, pointer);
  return found == nullptr ? value.is_null() : *found == value;
}

bool apply(Json& document, const Json& operation) {
  const std::string op = text_member(operation, "op");
  const auto path = parse_pointer(text_member(operation, "path"));
  if (!path) return false;
  const Json& value = member(operation, "value");
  if (op == "test") return test(document, *path, value);
  if (op == "add") return add(document, *path, value);
  if (op == "remove") return remove(document, *path);
  if (op == "replace") return replace(document, *path, value);
  if (op != "move" && op != "copy") return false;
  const auto from = parse_pointer(text_member(operation, "from"));
  if (!from) return false;
  const Json* source = find(document, *from);
  if (source == nullptr) return false;
  const Json moved = *source;
  if (op == "move" && !remove(document, *from)) return false;
  return add(document, *path, moved);
}

}  // namespace

Outcome<Json> apply_json_patch(const Json& object, std::string_view body) {
  const auto patch = parse_json(body);
  if (!patch || !patch->is_array()) {
    return refuse(Failure::bad_request("error decoding patch: expected a JSON array of operations"));
  }
  Json result = object;
  for (const Json& operation : *patch) {
    if (!operation.is_object()) return refuse(Failure::bad_request("error decoding patch: expected objects"));
    if (!apply(result, operation)) return refuse(Failure::patch_failed());
  }
  return result;
}

Outcome<Json> apply_merge_patch(const Json& object, std::string_view body) {
  const auto patch = parse_json(body);
  if (!patch || !patch->is_object())
    return refuse(Failure::bad_request("error decoding patch: expected a JSON object"));
  Json result = object;
  result.merge_patch(*patch);
  return result;
}

}  // namespace canaryd::sandbox
