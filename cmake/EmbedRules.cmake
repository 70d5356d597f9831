# canaryd_embed_rules(TARGET): rules/*.yaml, rules/sources/*.yaml and rules/scrape/*.yaml become constants of the binary,
# so that the files, `canaryd rules print` and the chart are one text. Written at configure time; a changed file
# configures again.
function(canaryd_embed_rules target)
  canaryd_embedded_files(rules "*.yaml" "sources/*.yaml")
  canaryd_embedded_files(scrapes "scrape/*.yaml")
  set(output ${PROJECT_BINARY_DIR}/embedded_rules.cpp)
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT [[
// Written by cmake/EmbedRules.cmake from rules/; do not edit.
#include <array>

#include "canaryd/rules/embedded.hpp"

namespace canaryd::rules {

namespace {
constexpr std::array<File, @rules_count@> rule_files{{
@rules_entries@}};
constexpr std::array<File, @scrapes_count@> scrape_files{{
@scrapes_entries@}};
}  // namespace

std::span<const File> embedded() { return rule_files; }
std::span<const File> embedded_scrapes() { return scrape_files; }

}  // namespace canaryd::rules
]])
  target_sources(${target} PRIVATE ${output})
endfunction()

# Sets NAME_entries and NAME_count in the caller for the files of rules/ that match.
function(canaryd_embedded_files name)
  list(TRANSFORM ARGN PREPEND ${PROJECT_SOURCE_DIR}/rules/ OUTPUT_VARIABLE patterns)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/rules ${patterns})
  list(SORT files)
  list(LENGTH files count)
  set(entries "")
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rules/${file})
    file(READ ${PROJECT_SOURCE_DIR}/rules/${file} text)
    string(APPEND entries "    {\"${file}\", R\"rules(${text})rules\"},\n")
  endforeach()
  set(${name}_entries "${entries}" PARENT_SCOPE)
  set(${name}_count ${count} PARENT_SCOPE)
endfunction()
