#include "yaml_tree.hpp"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <exception>
#include <sstream>
#include <utility>

#include "canaryd/base/text.hpp"
#include "yaml_text.hpp"

namespace canaryd::app {
namespace {

// Ends yaml-cpp's reading from inside one of its events.
struct Stop : std::exception {
  explicit Stop(Issue found) : issue(std::move(found)) {}
  Issue issue;
};

// Builds the tree from yaml-cpp's events. The tree of its own YamlNode class has lost what is refused here: which
// scalar was quoted, a key's first value, anchors and tags.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::string_view text, YamlReading& out) : text_(text), out_(out) {
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (seen_document_) throw Stop(second_document(mark));
    seen_document_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_properties(mark, "?", anchor);
    YamlNode node;
    node.place = place(mark);
    const auto at = static_cast<std::size_t>(mark.pos);
    const bool written = at < text_.size() && (text_[at] == '~' || text_[at] == 'n' || text_[at] == 'N');
    if (!open_.empty() && open_.back().key && !written) node.place = open_.back().key->place;
    add(std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    issue(mark, "an alias (*), expected the value itself: aliases are not supported");
    YamlNode node;
    node.kind = YamlNode::Kind::alias;
    node.place = place(mark);
    add(std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_properties(mark, tag, anchor);
    refuse_open_quote(mark);
    YamlNode node;
    node.kind = YamlNode::Kind::scalar;
    node.place = place(mark);
    node.quoted = tag != "?";
    node.text = value;
    add(std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    refuse_properties(mark, tag, anchor);
    begin(mark, YamlNode::Kind::list);
  }
  void OnSequenceEnd() override { end(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    refuse_properties(mark, tag, anchor);
    begin(mark, YamlNode::Kind::map);
  }
  void OnMapEnd() override { end(); }

  Place place(const YAML::Mark& mark) const {
    if (mark.line < 0) return {};
    const auto line = std::min(static_cast<std::size_t>(mark.line), line_starts_.size() - 1);
    const auto from = line_starts_[line];
    const auto before = text_.substr(from, static_cast<std::size_t>(std::max(mark.column, 0)));
    return {static_cast<int>(line) + 1, static_cast<int>(characters(before)) + 1};
  }

 private:
  // A list or map that has begun and not ended; of a map, the key whose value comes next.
  struct Open {
    YamlNode node;
    std::optional<YamlNode::Key> key;
  };

  void issue(const YAML::Mark& mark, std::string what) { out_.issues.push_back({place(mark), std::move(what)}); }

  Issue second_document(const YAML::Mark& mark) const {
    const auto at = static_cast<std::size_t>(mark.pos);
    if (text_.substr(at, 3) == "---") return {place(mark), "a second document, expected one document in the file"};
    return {place(mark),
            "this line does not belong to what stands before it, expected one map: look at the indentation"};
  }

  // A property is seen at the mark, too: `! 12` and '12' arrive with the same tag.
  void refuse_properties(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
    const auto at = static_cast<std::size_t>(mark.pos);
    const char first = at < text_.size() ? text_[at] : ' ';
    if (anchor != YAML::NullAnchor) issue(mark, "an anchor (&), expected none: anchors are not supported");
    if (first == '!' || (!tag.empty() && tag != "?" && tag != "!")) {
      issue(mark, "a tag (!), expected none: tags are not supported");
    }
  }

  // yaml-cpp 0.7 takes the rest of the file as the value of a quote that does not end.
  void refuse_open_quote(const YAML::Mark& mark) {
    const auto at = static_cast<std::size_t>(mark.pos);
    if (at >= text_.size()) return;
    const char quote = text_[at];
    if (quote != '"' && quote != '\'') return;
    for (std::size_t i = at + 1; i < text_.size(); ++i) {
      if (quote == '"' && text_[i] == '\\') {
        ++i;
      } else if (text_[i] == quote) {
        if (quote == '"' || i + 1 >= text_.size() || text_[i + 1] != quote) return;
        ++i;
      }
    }
    throw Stop({place(mark), "a quote that does not end, expected its closing " + std::string(1, quote)});
  }

  void begin(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (open_.size() >= max_yaml_depth) {
      throw Stop({place(mark), "nested too deeply, expected at most " + std::to_string(max_yaml_depth) + " levels"});
    }
    YamlNode node;
    node.kind = kind;
    node.place = place(mark);
    open_.push_back({std::move(node), std::nullopt});
  }

  void end() {
    YamlNode node = std::move(open_.back().node);
    open_.pop_back();
    add(std::move(node));
  }

  void add(YamlNode node) {
    if (!open_.empty() && open_.back().node.items.size() >= max_yaml_entries) {
      throw Stop({node.place, "too many entries, expected at most " + std::to_string(max_yaml_entries)});
    }
    if (open_.empty()) {
      out_.root = std::move(node);
    } else if (Open& top = open_.back(); top.node.kind == YamlNode::Kind::list) {
      top.node.items.push_back(std::move(node));
    } else if (top.key) {
      top.node.keys.push_back(std::move(*top.key));
      top.node.items.push_back(std::move(node));
      top.key.reset();
    } else {
      top.key = key_of(top.node, node);
    }
  }

  YamlNode::Key key_of(const YamlNode& map, const YamlNode& node) {
    const auto wrong = [&](std::string what) { out_.issues.push_back({node.place, std::move(what)}); };
    if (node.kind != YamlNode::Kind::scalar) {
      wrong("this key is no text, expected a plain key");
      return {"", node.place};
    }
    if (node.text == "<<" && !node.quoted) wrong("a merge key (<<), expected none: merge keys are not supported");
    const auto same =
        std::find_if(map.keys.begin(), map.keys.end(), [&](const auto& k) { return k.name == node.text; });
    if (same != map.keys.end()) {
      wrong("the key \"" + escaped(node.text, 64) + "\" stands twice, expected it once: it stands on line " +
            std::to_string(same->place.line) + " already");
    }
    return {node.text, node.place};
  }

  std::string_view text_;
  YamlReading& out_;
  std::vector<std::size_t> line_starts_{0};
  std::vector<Open> open_;
  bool seen_document_ = false;
};

}  // namespace

YamlReading read_yaml(std::string_view text) {
  YamlReading out;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  if (auto found = unreadable(text)) {
    out.issues.push_back(std::move(*found));
    return out;
  }
  TreeBuilder builder(text, out);
  const auto stop = [&](Issue issue) {
    out.root.reset();
    out.issues.push_back(std::move(issue));
  };
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const Stop& found) {
    stop(found.issue);
  } catch (const YAML::Exception& error) {
    stop({builder.place(error.mark),
          "not YAML, here or shortly before (" + escaped(error.msg, 128) + "), expected valid YAML"});
  }
  return out;
}

}  // namespace canaryd::app
