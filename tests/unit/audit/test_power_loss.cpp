#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "canaryd/audit/checkpointer.hpp"
#include "canaryd/audit/history.hpp"
#include "canaryd/audit/housekeeping.hpp"
#include "key_lab.hpp"
#include "lab.hpp"
#include "power_files.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;
using namespace std::chrono_literals;

namespace {

const std::string private_key = "/keys/signing.pem";
const std::string public_key = "/keys/public.pem";
const std::string outside = "/outside/checkpoints";

// What the world was told by a log, over its lives: this must be true of it ever after.
struct Told {
  std::set<std::string> begun;
  std::map<std::string, std::uint64_t> acknowledged;  // by id
  std::set<std::string> log_ids;                      // of logs that acknowledged something
  std::string checkpoints;                            // that left the machine
};

struct Machine {
  PowerFiles files;
  ManualClock clock;
  Logger logger{LogFormat::logfmt, LogLevel::error};
  Metrics metrics;
  Told told;

  Machine() {
    logger.set_level(LogLevel::error);
    files.put(private_key, test_key().pem());
    files.put(public_key, test_key().public_key().pem());
  }

  Result<std::unique_ptr<AuditLog>> open() {
    Settings settings;
    settings.directory = folder;
    settings.rotate_size = 1500;
    return AuditLog::open(settings, files, clock, logger, metrics);
  }
};

void append(Machine& machine, AuditLog& log, const Record& record) {
  const auto name = record.id + name_of(record.kind);
  machine.told.begun.insert(name);
  const auto seq = log.append(record);
  if (!seq) return;
  machine.told.acknowledged[name] = *seq;
  machine.told.log_ids.insert(log.log_id());
}

// The log's own lines, some hundred thousand, are no help here. Whoever looks for a sanitizer's report, which goes the
// same way, sets CANARYD_TEST_LOG.
class Quiet {
 public:
  Quiet() : stderr_(std::getenv("CANARYD_TEST_LOG") == nullptr ? ::dup(STDERR_FILENO) : -1) {
    if (stderr_ < 0) return;
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  ~Quiet() {
    if (stderr_ < 0) return;
    ::dup2(stderr_, STDERR_FILENO);
    ::close(stderr_);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;

 private:
  int stderr_;
};

// One life of the process: decisions, rollbacks, rotations; old segments are compressed and then removed.
void live(Machine& machine, const std::string& name) {
  const auto log = machine.open();
  if (!log) return;
  KeepSettings keep;
  keep.keep = 20s;
  keep.keep_at_least = 10s;
  Housekeeping house(folder, keep, **log, machine.files, machine.clock, machine.logger, machine.metrics);
  Checkpointer checkpointer({folder, "canaryd", {private_key}}, **log, machine.files, machine.clock, machine.logger,
                            machine.metrics, [&](const std::string& note) { machine.told.checkpoints += note + "\n"; });
  for (int i = 0; i < 8; ++i) {
    const auto id = name + std::to_string(i);
    machine.clock.advance(2s);
    if (i % 2 == 0) {
      append(machine, **log, full(Kind::decision, id));
    } else {
      append(machine, **log, intent(id));
      append(machine, **log, outcome(id, "not_applied"));
    }
    checkpointer.turn();
    if (i % 3 == 2) house.turn();
  }
  checkpointer.stop();
}

struct Found {
  std::set<std::string> names;
  std::uint64_t removed = 0;  // the records before this seq: what says so may have been removed itself, the newest not
};

Found read(Machine& machine) {
  Found found;
  const auto done = read_log(folder, machine.files, [&](const Entry& entry) {
    const auto& record = entry.record;
    if (record.kind != Kind::lifecycle) found.names.insert(record.id + name_of(record.kind));
    if (record.event != "removed") return;
    std::map<std::string, std::string> details(record.details.begin(), record.details.end());
    found.removed = std::max<std::uint64_t>(found.removed, std::stoull(details["last_seq"]) + 1);
  });
  INFO((done ? std::string() : done.error().message));
  REQUIRE(done);
  return found;
}

void must_verify(Machine& machine) {
  VerifyOptions options;
  options.key_files = {public_key};
  if (!machine.told.checkpoints.empty()) {
    machine.files.put(outside, machine.told.checkpoints);
    options.checkpoint_files = {outside};
  }
  const auto verdict = verify(folder, options, machine.files);
  INFO((verdict ? to_text(*verdict) : verdict.error().message));
  REQUIRE(verdict);
  CHECK(verdict->intact);
}

void must_be_true(Machine& machine) {
  const auto found = read(machine);
  const auto& told = machine.told;
  for (const auto& [name, seq] : told.acknowledged) {
    const bool there = found.names.contains(name) || seq < found.removed;
    CAPTURE(name);
    CHECK_MESSAGE(there, "an acknowledged record is lost");
  }
  for (const auto& name : found.names) {
    CAPTURE(name);
    CHECK_MESSAGE(told.begun.contains(name), "a record was invented");
  }
  CHECK(told.log_ids.size() <= 1);
}

// What verification says before anything was mended: what a kill or a clean loss leaves needs no mending to be true.
void must_verify_before_the_start(Machine& machine, Ending ending) {
  if (machine.told.acknowledged.empty()) return;
  if (ending != Ending::some_lost) must_verify(machine);
}

void start_and_check(Machine& machine) {
  {
    const auto log = machine.open();
    INFO((log ? std::string() : log.error().message));
    REQUIRE(log);
    must_be_true(machine);
    if (!machine.told.log_ids.empty()) CHECK(machine.told.log_ids.contains((*log)->log_id()));
  }
  must_verify(machine);
}

// The first life ends at operation `at`; false when it ended by itself before. `second` is where the next start fails.
bool play(Ending ending, int at, std::optional<int> second, std::mt19937& random) {
  Machine machine;
  live(machine, "x");
  machine.files.fail_at(at);
  live(machine, "a");
  if (!machine.files.failed()) return false;
  CAPTURE(at);
  CAPTURE(static_cast<int>(ending));
  CAPTURE(machine.files.last_operation());
  machine.files.come_back(ending, random);
  must_verify_before_the_start(machine, ending);
  if (second) {
    machine.files.fail_at(*second);
    CAPTURE(*second);
    live(machine, "b");
    CAPTURE(machine.files.last_operation());
    if (machine.files.failed()) machine.files.come_back(ending, random);
    machine.files.fail_at(0);
  }
  start_and_check(machine);
  live(machine, "c");
  start_and_check(machine);
  return true;
}

// At every operation, or at every `step`th from the seed's on.
int play_all(Ending ending, bool twice, int seed, int step) {
  const Quiet quiet;
  std::mt19937 random(static_cast<unsigned>(seed));
  int played = 0;
  for (int at = 1 + seed % step;; at += step) {
    const auto second = twice ? std::optional<int>(1 + static_cast<int>(random() % 40)) : std::nullopt;
    if (!play(ending, at, second, random)) return played;
    ++played;
  }
}

}  // namespace

TEST_CASE("kill -9 at any operation of rotation compression retention and checkpoints loses nothing acknowledged") {
  CHECK(play_all(Ending::killed, false, 0, 1) >= 60);
}

TEST_CASE("a power loss at any operation loses nothing that was acknowledged or signed") {
  CHECK(play_all(Ending::all_lost, false, 0, 1) >= 60);
}

TEST_CASE("a power loss that leaves any part of what was not synced loses nothing that was acknowledged or signed") {
  for (int seed = 0; seed < 3; ++seed) {
    CAPTURE(seed);
    CHECK(play_all(Ending::some_lost, false, seed, 3) >= 20);
  }
}

TEST_CASE("a second loss while the first is mended changes nothing") {
  int seed = 0;
  for (const Ending ending : {Ending::killed, Ending::all_lost, Ending::some_lost}) {
    CHECK(play_all(ending, true, ++seed, 4) >= 15);
  }
}
