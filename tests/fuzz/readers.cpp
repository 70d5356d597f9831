#include "readers.hpp"

#include "../unit/audit/memory_files.hpp"
#include "canaryd/audit/explain.hpp"
#include "canaryd/audit/history.hpp"
#include "canaryd/audit/log.hpp"
#include "canaryd/audit/proof.hpp"
#include "canaryd/audit/query.hpp"
#include "canaryd/audit/report.hpp"
#include "canaryd/audit/verify.hpp"
#include "canaryd/base/text.hpp"
#include "fuzz.hpp"
#include "good_log.hpp"
#include "verify_scan.hpp"

namespace canaryd::audit::fuzz {

namespace {

const std::string folder = "/audit";

class StillClock final : public Clock {
 public:
  WallTime now() const override { return {}; }
  SteadyTime steady() const override { return {}; }
};

// Twice the same, and its notes and faults are bounded whatever stands in the log.
void verify_twice(test::MemoryFiles& files) {
  const auto first = verify(folder, files);
  const auto second = verify(folder, files);
  must(first.has_value() == second.has_value(), "verification answers the same twice");
  if (!first) return;
  must(first->records == second->records && first->intact == second->intact, "verification answers the same twice");
}

void query_all(test::MemoryFiles& files, bool newest_first) {
  Query query;
  query.newest_first = newest_first;
  const auto end = run_query(folder, files, query, [](const Match& match) {
    must(!not_an_object(match.line), "what a query finds is JSON");
    return true;
  });
  must(!end || !end->next, "a query that nobody stops comes to its end");
}

void tell_all(test::MemoryFiles& files) {
  const auto must_be_safe = [](const std::string& text) {
    must(printable(text) == text, "what is told of a log is safe for a terminal");
  };
  if (const auto found = find_case(folder, files, known_id(0))) must_be_safe(tell(*found, {}));
  const auto report = make_report(folder, {}, files, {});
  if (!report) return;
  must_be_safe(to_text(*report));
  must_be_safe(to_markdown(*report));
}

void prove_all(test::MemoryFiles& files) {
  for (const auto& proved : {prove_id(folder, known_id(0), {}, files), prove_seq(folder, 1, {}, files)}) {
    if (proved) must(check_proof(proved->proof, {}).path_fault.empty(), "what is proven leads to the root");
  }
}

void start(test::MemoryFiles& files) {
  const StillClock clock;
  Logger logger(LogFormat::logfmt, LogLevel::error);
  Metrics metrics;
  Settings settings;
  settings.directory = folder;
  const auto log = AuditLog::open(settings, files, clock, logger, metrics);
  if (!log) return;
  Record record;
  record.message = "After a start.";
  must((*log)->append(record).has_value(), "a log that was opened takes a record");
}

}  // namespace

void read_everything(const FileList& list) {
  test::MemoryFiles files;
  must(files.make_directory(folder).has_value(), "a folder can be made");
  for (const auto& [name, content] : list) files.put(folder + "/" + name, content);
  verify_twice(files);
  static_cast<void>(read_log(folder, files, [](const Entry&) {}));
  query_all(files, false);
  query_all(files, true);
  tell_all(files);
  prove_all(files);
  start(files);
  verify_twice(files);
}

}  // namespace canaryd::audit::fuzz
