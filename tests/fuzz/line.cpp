// One line of a log, as a segment may hold it: what is read of it never crashes, and what is taken for a record means
// the same when it is written again.
#include "line.hpp"

#include "fuzz.hpp"
#include "head.hpp"
#include "parse.hpp"
#include "verify_scan.hpp"

using namespace canaryd;
using namespace canaryd::audit;

namespace {

void write_again(std::string_view line) {
  const auto record = parse_line(line);
  if (!record) return;
  const std::string body = body_of(*record);
  std::string again;
  Chain chain;
  chain.log_id = std::string(32, 'a');
  append_line(again, chain, {}, body);
  fuzz::must(again.ends_with('\n') && again.find('\n') == again.size() - 1, "a record is one line");
  again.pop_back();
  fuzz::must(read_head(again).has_value(), "a written line has a head");
  fuzz::must(!not_an_object(again), "a written line is JSON");
  const auto second = parse_line(again);
  fuzz::must(second.has_value(), "a written line is read");
  fuzz::must(body_of(*second) == body, "what is read of a written line is what was written");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto line = fuzz::text_of(data, size);
  const auto head = read_head(line);
  fuzz::must(head || head.error().at <= line.size(), "a misfit stands in the line");
  const auto misfit = not_an_object(line);
  fuzz::must(!misfit || misfit->at <= line.size(), "a misfit stands in the line");
  write_again(line);
  return 0;
}
