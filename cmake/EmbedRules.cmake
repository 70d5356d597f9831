# canaryd_embed_rules(TARGET): rules/*.yaml and rules/sources/*.yaml become constants of the binary, so that the files,
# `canaryd rules print` and the chart are one text. Written at configure time; a changed rule file configures again.
function(canaryd_embed_rules target)
  file(GLOB files CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/rules
       ${PROJECT_SOURCE_DIR}/rules/*.yaml ${PROJECT_SOURCE_DIR}/rules/sources/*.yaml)
  list(SORT files)
  set(entries "")
  foreach(file IN LISTS files)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/rules/${file})
    file(READ ${PROJECT_SOURCE_DIR}/rules/${file} text)
    string(APPEND entries "    {\"${file}\", R\"rules(${text})rules\"},\n")
  endforeach()
  set(output ${PROJECT_BINARY_DIR}/embedded_rules.cpp)
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT [[
// Written by cmake/EmbedRules.cmake from rules/; do not edit.
#include "canaryd/rules/embedded.hpp"

namespace canaryd::rules {

namespace {
constexpr File files[] = {
@entries@};
}  // namespace

std::span<const File> embedded() { return files; }

}  // namespace canaryd::rules
]])
  target_sources(${target} PRIVATE ${output})
endfunction()
