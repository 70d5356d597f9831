#include "engine_subject.hpp"

#include <utility>

#include "canaryd/audit/verify.hpp"
#include "engine_records.hpp"
#include "parts.hpp"

namespace canaryd::property {

namespace {

using engine::Parts;

constexpr auto request_time = std::chrono::seconds(8);

engine::Rules rules_of(const World& world) {
  engine::Rules rules;
  rules.alerts = mappings();
  rules.policies = {world.setup.policy()};
  rules.stop_file = world.stop_file;
  rules.config_sha256 = "c0ffee";
  rules.breaker = world.setup.breaker();
  return rules;
}

class EngineSubject final : public Subject {
 public:
  EngineSubject(World& world, std::size_t replica) : w_(world), instance_("pod-" + std::to_string(replica)) {}
  ~EngineSubject() override { parts_.reset(); }

  std::string manager() const override { return "canaryd/" + instance_; }
  Answered deliver(const std::vector<alert::Alert>& alerts) override;
  Answered ask(const Ask& ask) override;
  void restart() override;
  void die_after(int writes) override { files_.crash_at(writes); }
  void see() override;
  void list_anew() override;
  void lose_watch() override { fresh_ = false; }
  void work() override;
  void fail_audit(bool fails) override;
  std::vector<Said> said() override;
  bool has_intent_of(const std::string& patch) override;
  std::string verify() override;

 private:
  World& w_;
  const std::string instance_;
  audit::test::MemoryFiles files_;
  RecordReader records_{files_};
  Logger logger_{LogFormat::logfmt, static_cast<LogLevel>(9)};  // nothing: the failures are the story's
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<audit::AuditLog> log_;
  std::unique_ptr<Parts> parts_;  // none: it could not start
  std::size_t position_ = 0;      // in the watch
  bool fresh_ = false;
};

void EngineSubject::restart() {
  parts_.reset();
  log_.reset();
  metrics_ = std::make_unique<Metrics>();
  fresh_ = false;
  files_.restart(audit::test::Lost::all);
  if (w_.around.audit_fails) files_.set_free(0);
  auto log = audit::AuditLog::open({audit_folder}, files_, w_.clock, logger_, *metrics_);
  if (!log) return;
  log_ = std::move(*log);
  parts_ = std::make_unique<Parts>(engine::Settings{instance_, {}}, rules_of(w_), w_.cluster, &w_.prometheus, *log_,
                                   w_.clock, logger_, *metrics_);
  // What Parts::start does, without its threads.
  parts_->fresh = [this] { return fresh_; };
  parts_->reader.trust_copies_when(parts_->fresh);
  parts_->take_up();
  work();
}

void EngineSubject::see() {
  auto lines = w_.cluster.events_since(position_);
  if (!parts_) return;
  for (const auto& line : lines) static_cast<void>(parts_->store.event(Namespace(), line));
}

void EngineSubject::list_anew() {
  static_cast<void>(w_.cluster.events_since(position_));
  if (!parts_) return;
  parts_->store.list_began(Namespace());
  static_cast<void>(parts_->store.page(Namespace(), w_.cluster.page()));
  parts_->store.list_done(Namespace());
  fresh_ = true;
}

void EngineSubject::work() {
  if (!parts_) return;
  parts_->background.turn();
  parts_->chores.turn();
  parts_->background.turn();
}

void EngineSubject::fail_audit(bool fails) {
  files_.set_free(fails ? std::optional<std::uint64_t>(0) : std::nullopt);
  if (fails || parts_) return;
  restart();
  list_anew();
}

Answered EngineSubject::deliver(const std::vector<alert::Alert>& alerts) {
  if (!parts_) return {503, "connection refused"};
  alert::Notification notification;
  notification.group_key = "{}:{}";
  notification.alerts = alerts;
  const engine::Delivery delivery{"token:am", "127.0.0.1:1", {}, {}, w_.clock.steady() + request_time};
  const auto answer = parts_->receiver.receive(std::move(notification), delivery);
  return {answer.status, answer.text};
}

Answered EngineSubject::ask(const Ask& ask) {
  if (!parts_) return {503, "connection refused"};
  engine::Command command;
  command.verb = static_cast<engine::Verb>(ask.verb);
  if (!ask.service.empty()) command.target = Target{home, ServiceName(ask.service)};
  command.why = "a story";
  command.until = ask.until;
  command.overrides = ask.overrides;
  command.actor = "token:alice";
  command.peer = "127.0.0.1:2";
  command.deadline = w_.clock.steady() + request_time;
  const auto answer = parts_->commands.execute(command);
  return {answer.status, answer.reason};
}

std::vector<Said> EngineSubject::said() {
  records_.read();
  return records_.take();
}

bool EngineSubject::has_intent_of(const std::string& patch) {
  records_.read();
  return records_.has_open_intent(patch);
}

std::string EngineSubject::verify() {
  const auto verdict = audit::verify(audit_folder, files_);
  if (!verdict) return verdict.error().message;
  if (!verdict->intact) return audit::to_text(*verdict);
  if (!verdict->open_intents.empty()) return "an intent has no outcome: " + verdict->open_intents.front();
  return "";
}

}  // namespace

std::unique_ptr<Subject> make_engine_subject(World& world, std::size_t replica) {
  return std::make_unique<EngineSubject>(world, replica);
}

}  // namespace canaryd::property
