#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "yaml_tree.hpp"

namespace canaryd::app {

// What one reading of a configuration gathers.
struct Reading {
  std::vector<Issue> issues;
  std::set<std::string> keys;  // every key that was asked for, "policies[].match.names"
  bool describe = false;       // lists have one absent entry, so that `keys` becomes complete
  std::string directory;       // of the file, with its last '/': relative paths are meant from there
};

// What a text must be.
struct Wanted {
  std::string_view expected;                                // "the name of a client"
  std::function<bool(const std::string&)> valid = nullptr;  // nullptr: any text that is not empty
  bool required = false;
  std::function<bool(const std::string&)> secret = nullptr;  // of what is refused: do not show it
};

// One map of the configuration, read by naming each of its keys once; done() then refuses every key that nobody named.
// A getter leaves its target as it was (the default) when the key is absent or wrong; it returns true when it set it.
// An absent section reads as an empty one, without asking for what is required in it.
class Section {
 public:
  Section(Reading& reading, const YamlNode* node, std::string path, std::string pattern);

  bool present() const { return node_ != nullptr; }
  bool has(std::string_view key) const;
  // The place of a key's value; of the section when the key is absent.
  Place place_of(std::string_view key) const;
  Place place_of(std::string_view key, std::size_t index) const;  // of an entry of a list
  Place place() const;
  // A problem of this section: "<path>.<key>: <what>"; with an empty key of the section itself.
  void problem(std::string_view key, const std::string& what);
  void problem_at(Place place, std::string_view key, const std::string& what);

  bool text(std::string_view key, const Wanted& wanted, std::string& out);
  bool path(std::string_view key, const Wanted& wanted, std::string& out);  // made absolute or relative to `directory`
  bool flag(std::string_view key, bool& out);
  bool whole(std::string_view key, std::size_t least, std::size_t most, std::size_t& out);
  bool decimal(std::string_view key, std::string_view expected, const std::function<bool(double)>& valid,
               bool may_be_off, double& out);
  bool duration(std::string_view key, std::chrono::milliseconds least, std::chrono::milliseconds most,
                std::chrono::milliseconds& out);
  // Bytes, as a whole number with KiB, MiB, GiB or TiB behind it. `off` reads as 0.
  bool size(std::string_view key, std::uint64_t least, std::uint64_t most, std::uint64_t& out) {
    return size_as(key, least, most, false, out);
  }
  bool size_or_off(std::string_view key, std::uint64_t least, std::uint64_t most, std::uint64_t& out) {
    return size_as(key, least, most, true, out);
  }
  bool texts(std::string_view key, const Wanted& wanted, std::vector<std::string>& out);
  bool paths(std::string_view key, const Wanted& wanted, std::vector<std::string>& out);  // each as by path()
  bool wholes(std::string_view key, std::size_t least, std::size_t most, std::vector<std::size_t>& out);  // a list
  bool text_map(std::string_view key, const Wanted& names, const Wanted& values,
                std::map<std::string, std::string>& out);

  template <class Enum>
  bool choice(std::string_view key, const std::vector<std::pair<std::string, Enum>>& choices, Enum& out,
              bool required = false) {
    std::vector<std::string> names;
    names.reserve(choices.size());
    for (const auto& [name, value] : choices) names.push_back(name);
    std::string chosen;
    if (!chosen_name(key, names, required, chosen)) return false;
    for (const auto& [name, value] : choices) {
      if (name == chosen) out = value;
    }
    return true;
  }

  Section section(std::string_view key, bool required = false, std::string_view expected = "a map");
  // The maps of a list; `expected` says what an entry is. An empty list is a problem unless it may be.
  std::vector<Section> sections(std::string_view key, std::string_view expected, bool may_be_empty);

  void done();

 private:
  bool size_as(std::string_view key, std::uint64_t least, std::uint64_t most, bool may_be_off, std::uint64_t& out);
  const YamlNode* find(std::string_view key, std::string_view expected, bool required);
  const YamlNode* scalar(std::string_view key, std::string_view expected, bool required);
  const YamlNode* plain(std::string_view key, const std::string& expected);
  bool chosen_name(std::string_view key, const std::vector<std::string>& names, bool required, std::string& out);
  // Refuses what YAML reads as a number or a flag (`123`, `true`), too.
  bool take_text(const YamlNode& node, const std::string& where, const Wanted& wanted, std::string& out);
  std::string join(const std::string& base, std::string_view key) const;

  Reading& reading_;
  const YamlNode* node_;  // a map, or nullptr when absent
  std::string path_;      // "policies[1].match"
  std::string pattern_;   // "policies[].match"
  std::vector<std::string> known_;
};

// How a node is named in "got ...": `a list`, `"128"` in quotes when the file has it so.
std::string shown(const YamlNode& node);

}  // namespace canaryd::app
