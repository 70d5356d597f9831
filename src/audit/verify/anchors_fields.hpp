#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace canaryd::audit {

// Calls `visit` with each note that stands in a field `checkpoint` of a line, in base64 or as text: JSON, JSON as text
// within JSON to any likely depth, logfmt, CSV. `damaged`: with a value that looks like a note and is none.
void find_in_fields(std::string_view line, const std::function<void(const std::string& note)>& visit,
                    const std::function<void()>& damaged);

// What stands in a JSON text up to its closing quote, `text` beginning behind the opening one, before which
// `backslashes` stand: 0, 1, 3, 7 by the depth of JSON within JSON. nullopt without an end or for what is no JSON text.
std::optional<std::string> unescaped(std::string_view text, std::size_t backslashes);

}  // namespace canaryd::audit
