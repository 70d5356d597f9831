#include "failed.hpp"

#include <ostream>

#include "canaryd/base/text.hpp"

namespace canaryd::app {

int failed(const Error& error, std::ostream& err, int code) {
  err << "canaryd: " << printable(error.message) << "\n";
  return code;
}

}  // namespace canaryd::app
