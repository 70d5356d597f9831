#pragma once

#include <optional>
#include <string>
#include <vector>

#include "failure.hpp"

namespace canaryd::sandbox {

// `fieldSelector` of a list: requirements such as `involvedObject.name=iris`, `type!=Normal`, joined by commas. Every
// kind knows metadata.name and metadata.namespace, Events also what `kubectl describe` asks for.
class FieldSelector {
 public:
  // An empty text selects all. Fails with kube-apiserver's 400.
  static Outcome<FieldSelector> parse(Kind kind, const std::string& text);

  bool empty() const { return requirements_.empty(); }
  bool selects(const Key& key, const std::string& object) const;
  // The NAME of `metadata.name=NAME` when that is all.
  std::optional<std::string> only_name() const;

 private:
  struct Requirement {
    std::string field;
    std::string value;
    bool equal = true;
  };

  std::vector<Requirement> requirements_;
};

}  // namespace canaryd::sandbox
