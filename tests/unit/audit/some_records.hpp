#pragma once

#include <string>

#include "canaryd/audit/record.hpp"

// Records to write; the fuzz targets use them too.
namespace canaryd::audit::test {

Record intent(const std::string& id);
Record outcome(const std::string& id, const std::string& result = "applied");
Record decision(const std::string& id);
Record of_kind(Kind kind, const std::string& id);
// Every member of it is filled.
Record full(Kind kind, const std::string& id);

}  // namespace canaryd::audit::test
