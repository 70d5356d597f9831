#include "subject.hpp"

#include <array>

namespace canaryd::property {

const char* name_of(Ask::Verb verb) {
  constexpr std::array names{"rollback", "advance", "promote", "hold", "release", "stop", "start"};
  return names[static_cast<std::size_t>(verb)];
}

}  // namespace canaryd::property
