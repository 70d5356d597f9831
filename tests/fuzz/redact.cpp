// Texts from outside on their way into a record: what an alert, a person and the API server say, parted by NULs.
#include "canaryd/audit/redaction.hpp"
#include "fuzz.hpp"

using namespace canaryd;
using namespace canaryd::audit;

namespace {

std::string next(std::string_view& bytes) {
  const auto end = bytes.find('\0');
  const std::string text(bytes.substr(0, end));
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  return text;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto bytes = fuzz::text_of(data, size);
  Record record;
  record.kind = Kind::outcome;
  record.actor = "token:alice-1";
  record.peer = "127.0.0.1:4711";
  record.guards = {{"dwell", true, "secret=it has had 5 % for 3m", false}};
  record.because = next(bytes);
  record.message = "asked for by token:alice-1: " + record.because;
  record.api = ApiAnswer{};
  record.api->detail = next(bytes);
  record.details = {{"said", next(bytes)}};
  record.alerts.resize(1);
  while (!bytes.empty()) record.alerts[0].labels.emplace_back(next(bytes), next(bytes));

  const Record before = record;
  redact(record, {{"note*"}});
  fuzz::must(record.actor == before.actor && record.peer == before.peer, "who acted stays");
  fuzz::must(record.guards[0].detail == before.guards[0].detail, "what a guard said stays");
  fuzz::must(record.because.size() <= bounds::because && record.message.size() <= bounds::message, "texts are bounded");
  fuzz::must(record.because == before.because || !record.shortened.empty(), "what was changed is said");
  fuzz::must(without_secrets(record.because) == record.because, "no secret is left");
  // A later record has a message of its own.
  std::erase(record.shortened, "message");
  const Record once = record;
  redact(record, {{"note*"}});
  fuzz::must(record.because == once.because && record.message == once.message &&
                 record.alerts[0].labels == once.alerts[0].labels && record.details == once.details &&
                 record.api->detail == once.api->detail && record.shortened == once.shortened,
             "twice is once");
  return 0;
}
