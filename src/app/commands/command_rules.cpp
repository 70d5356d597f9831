#include <algorithm>
#include <iterator>
#include <ostream>
#include <span>
#include <utility>

#include "app/config/nearest.hpp"
#include "canaryd/app/cli.hpp"
#include "canaryd/base/text.hpp"
#include "canaryd/rules/embedded.hpp"
#include "canaryd/rules/render.hpp"
#include "commands.hpp"
#include "failed.hpp"

namespace canaryd::app {
namespace {

constexpr std::string_view sources_folder = "sources/";

const rules::File* find(std::span<const rules::File> files, std::string_view name) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.name == name; });
  return found == files.end() ? nullptr : &*found;
}

tl::unexpected<Error> unknown(std::string_view what, const std::string& name, const std::vector<std::string>& known) {
  return fail(Error::invalid("no " + std::string(what) + " \"" + escaped(name) + "\", expected " + one_of(known)));
}

void add_once(std::vector<rules::File>& files, const rules::File& file) {
  if (find(files, file.name) == nullptr) files.push_back(file);
}

Result<std::vector<rules::File>> files_named(const std::vector<std::string>& names) {
  std::vector<rules::File> wanted;
  for (const auto& name : names) {
    if (find(rules::embedded_scrapes(), name) != nullptr) {
      return fail(Error::invalid(name + " holds no rules: it is printed alone, as it is"));
    }
    const rules::File* file = find(rules::embedded(), name);
    if (file == nullptr) {
      std::vector<std::string> known;
      for (const auto& [one, text] : rules::embedded()) known.emplace_back(one);
      for (const auto& [one, text] : rules::embedded_scrapes()) known.emplace_back(one);
      return unknown("rule file", name, known);
    }
    add_once(wanted, *file);
  }
  return wanted;
}

// The alerts, and the sources of these names: all where none is named.
Result<std::vector<rules::File>> files_with_sources(const std::vector<std::string>& names) {
  std::vector<rules::File> wanted;
  for (const auto& file : rules::embedded()) {
    if (names.empty() || !file.name.starts_with(sources_folder)) wanted.push_back(file);
  }
  for (const auto& name : names) {
    const rules::File* file = find(rules::embedded(), std::string(sources_folder) + name + ".yaml");
    if (file == nullptr) return unknown("source", name, rule_sources());
    add_once(wanted, *file);
  }
  return wanted;
}

Result<rules::ObjectMeta> meta_of(const RulesPrint& options) {
  rules::ObjectMeta meta{options.name, options.namespace_name, {}};
  for (const auto& label : options.labels) {
    const auto equals = label.find('=');
    if (equals == std::string::npos) {
      return fail(Error::invalid("--label: expected KEY=VALUE, got " + escaped(label)));
    }
    meta.labels.emplace_back(label.substr(0, equals), label.substr(equals + 1));
  }
  return meta;
}

Result<std::string> rendered(const RulesPrint& options) {
  if (options.format == rules_format_prometheus) {
    if (options.names.size() == 1) {
      const rules::File* scrape = find(rules::embedded_scrapes(), options.names.front());
      if (scrape != nullptr) return std::string(scrape->text);
    }
    if (!options.name.empty() || !options.namespace_name.empty() || !options.labels.empty()) {
      return fail(Error::invalid("--name, --namespace and --label are for --format prometheusrule"));
    }
  }
  const auto files = options.names.empty() ? files_with_sources(options.sources) : files_named(options.names);
  if (!files) return fail(files.error());
  if (options.format == rules_format_prometheus) return rules::rule_file(*files);
  auto meta = meta_of(options);
  if (!meta) return fail(meta.error());
  if (meta->name.empty()) meta->name = "canaryd-rules";
  return rules::prometheus_rule(*files, *meta);
}

}  // namespace

std::vector<std::string> rule_sources() {
  std::vector<std::string> names;
  for (const auto& [name, text] : rules::embedded()) {
    if (!name.starts_with(sources_folder)) continue;
    const auto base = name.substr(sources_folder.size());
    names.emplace_back(base.substr(0, base.rfind('.')));
  }
  return names;
}

int print_rules(const RulesPrint& options, std::ostream& out, std::ostream& err) {
  const auto text = rendered(options);
  if (!text) return failed(text.error(), err, exit_usage);
  out << *text;
  return exit_done;
}

}  // namespace canaryd::app
