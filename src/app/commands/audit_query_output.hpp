#pragma once

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

#include "canaryd/audit/query.hpp"

namespace canaryd::app {

// Prints records as they are found, in memory that does not grow with their number.
class QueryOutput {
 public:
  virtual ~QueryOutput() = default;
  virtual bool needs_record() const = 0;  // Query::parsed
  virtual void print(const audit::Match& match) = 0;
  virtual void finish() = 0;
};

// The lines as they stand in the log: what is hashed and chained.
std::unique_ptr<QueryOutput> json_output(std::ostream& out);
// For people. The columns are as wide as what was printed so far.
std::unique_ptr<QueryOutput> table_output(std::ostream& out);
// RFC 4180 with a heading. Where a record has several components, their values are joined by ';'.
std::unique_ptr<QueryOutput> csv_output(std::ostream& out);

// One field of it, quoted where it must be. A text that a spreadsheet would take for a formula gets a ' in front; what
// a terminal would obey is escaped.
std::string csv_field(std::string_view text);

}  // namespace canaryd::app
