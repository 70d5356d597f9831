#include "some_records.hpp"

namespace canaryd::audit::test {

Record of_kind(Kind kind, const std::string& id) {
  Record record;
  record.kind = kind;
  record.id = id;
  record.message = "A sentence.";
  return record;
}

Record intent(const std::string& id) {
  Record record = of_kind(Kind::intent, id);
  record.action = "rollback";
  record.target = TargetRef{"ml", "iris", "u-1"};
  return record;
}

Record outcome(const std::string& id, const std::string& result) {
  Record record = of_kind(Kind::outcome, id);
  record.action = "rollback";
  record.api = ApiAnswer{200, result, "", 7, {}};
  return record;
}

Record decision(const std::string& id) { return of_kind(Kind::decision, id); }

Record full(Kind kind, const std::string& id) {
  Record record = of_kind(kind, id);
  record.event = "start";
  record.target = TargetRef{"ml", "iris", "5f0c"};
  record.alerts = {{"CanaryHighErrorRate", "firing", "f1", "2026-08-01T11:59:00Z", "0.07", {{"revision", "iris-2"}}}};
  record.action = "rollback";
  record.verdict = "act";
  record.reason = "rolled_back";
  record.guards = {{"dwell", false, "5 minutes short", true}};
  record.changes = {{"predictor", "iris-2", "iris-1", 5, 0}};
  record.generation = 6;
  record.patch = R"([{"op":"test","path":"/metadata/generation","value":6}])";
  record.api = ApiAnswer{200, "applied", "ok", 7, {"/metadata/labels/team"}};
  record.policy_sha256 = std::string(64, 'a');
  record.config_sha256 = std::string(64, 'b');
  record.actor = "token:am";
  record.peer = "10.0.0.7";
  record.because = "asked for by the team";
  record.count = 3;
  record.details = {{"deadline", "8s"}};
  record.shortened = {"alerts[0].labels.description"};
  return record;
}

}  // namespace canaryd::audit::test
