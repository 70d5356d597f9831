#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <vector>

#include "../../../src/audit/checkpoint_file.hpp"
#include "base/pipe.hpp"
#include "canaryd/audit/checkpointer.hpp"
#include "fake_log.hpp"
#include "lab.hpp"

using namespace canaryd;
using namespace canaryd::audit;
using namespace canaryd::audit::test;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const std::string checkpoints = folder + "/checkpoints.log";
const std::string key_file = "/keys/new.pem";
const std::string old_key_file = "/keys/old.pem";

Hash root_of(std::uint64_t size) {
  Hash root{};
  root[0] = static_cast<unsigned char>(size);
  root[1] = static_cast<unsigned char>(size >> 8U);
  return root;
}

struct Bench : Lab {
  canaryd::test::Pipe output;
  Logger logger{LogFormat::logfmt, LogLevel::error, output.input()};
  FakeLog log;
  SigningKey key = SigningKey::generate().value();
  SigningKey old_key = SigningKey::generate().value();
  std::vector<std::string> went_out;
  std::unique_ptr<Checkpointer> checkpointer;

  Bench() {
    REQUIRE(files.make_directory(folder));
    files.put(key_file, key.pem());
    files.put(old_key_file, old_key.pem());
  }
  void start(std::vector<std::string> key_files = {key_file}) {
    checkpointer =
        std::make_unique<Checkpointer>(CheckpointSettings{folder, "canaryd", std::move(key_files)}, log, files, clock,
                                       logger, metrics, [this](const std::string& note) { went_out.push_back(note); });
  }
  // Runs it four times a second, as the daemon does.
  void run(milliseconds time) {
    for (milliseconds passed{0}; passed < time; passed += milliseconds(250)) {
      checkpointer->turn();
      clock.advance(milliseconds(250));
    }
  }
  void stand_at(std::uint64_t size, std::uint64_t settled = 0, std::uint64_t segment = 0) {
    log.stand_at({{size, root_of(size)}, settled, segment});
  }
  // Started, with the record of its keys signed.
  void settle() {
    start();
    run(seconds(1));
    stand_at(10);
    run(seconds(61));
    REQUIRE(kept().back() == 10);
    went_out.clear();
  }
  std::vector<std::uint64_t> kept() {
    std::vector<std::uint64_t> sizes;
    if (!files.exists(checkpoints)) return sizes;
    auto file = files.open_read(checkpoints).value();
    REQUIRE(for_each_checkpoint(*file, [&](auto, auto, std::string_view note) {
      sizes.push_back(parse_checkpoint(note)->head.size);
      return true;
    }));
    return sizes;
  }
  std::vector<std::uint64_t> sizes_out() const {
    std::vector<std::uint64_t> sizes;
    for (const auto& note : went_out) sizes.push_back(parse_checkpoint(note)->head.size);
    return sizes;
  }
  // The events on the output since the last call.
  std::size_t events() {
    const auto text = output.read();
    CHECK((text.empty() || text.back() == '\n'));
    std::size_t count = 0;
    for (auto at = text.find("\"event\":\"audit_checkpoint\""); at != std::string::npos;
         at = text.find("\"event\":\"audit_checkpoint\"", at + 1)) {
      ++count;
    }
    return count;
  }
  bool shows(const std::string& sample) const { return metrics.text().find(sample + "\n") != std::string::npos; }
};

using Sizes = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("an outcome is covered by a checkpoint within a second") {
  Bench bench;
  bench.settle();
  bench.stand_at(12, 12);
  bench.run(seconds(1));
  CHECK(bench.kept().back() == 12);
  CHECK(bench.sizes_out() == Sizes{12});
  CHECK(bench.shows("canaryd_audit_checkpoint_size 12"));
  const auto found = parse_checkpoint(bench.went_out.back());
  REQUIRE(found);
  CHECK(found->origin == "canaryd/" + bench.log.log_id());
  CHECK(found->head.root == root_of(12));
  const auto verdict = check_signatures(*found, {bench.key.public_key()});
  CHECK(verdict.good);
  CHECK(verdict.timestamp.has_value());
}

TEST_CASE("an outcome that a checkpoint covers asks for no other one") {
  Bench bench;
  bench.settle();
  bench.stand_at(12, 12);
  bench.run(seconds(5));
  bench.stand_at(14, 12);
  bench.run(seconds(5));
  CHECK(bench.sizes_out() == Sizes{12});
}

TEST_CASE("other records wait for a minute and many of them share one checkpoint") {
  Bench bench;
  bench.settle();
  for (std::uint64_t size = 11; size <= 16; ++size) {
    bench.stand_at(size);
    bench.run(seconds(10));
  }
  CHECK(bench.sizes_out().size() == 1);
  bench.run(seconds(60));
  CHECK(bench.kept().back() == 16);
}

TEST_CASE("a new segment is begun with a checkpoint") {
  Bench bench;
  bench.settle();
  bench.stand_at(13, 0, 12);
  bench.run(seconds(1));
  CHECK(bench.kept().back() == 13);
}

TEST_CASE("an idle log goes out once a minute with a new time and not into the file") {
  Bench bench;
  bench.settle();
  const auto in_file = bench.kept();
  bench.run(seconds(181));
  CHECK(bench.sizes_out() == Sizes{10, 10, 10});
  CHECK(bench.kept() == in_file);
  const auto first = check_signatures(*parse_checkpoint(bench.went_out[0]), {bench.key.public_key()});
  const auto second = check_signatures(*parse_checkpoint(bench.went_out[1]), {bench.key.public_key()});
  CHECK(*second.timestamp == *first.timestamp + 60);
}

TEST_CASE("the stop is followed by a checkpoint of the last records") {
  Bench bench;
  bench.settle();
  bench.stand_at(11);
  bench.checkpointer->stop();
  CHECK(bench.kept().back() == 11);
  CHECK(bench.sizes_out() == Sizes{11});
  bench.checkpointer->stop();
  CHECK(bench.sizes_out() == Sizes{11});
}

TEST_CASE("without keys there are no checkpoints and a metric says so") {
  Bench bench;
  bench.start({});
  bench.stand_at(10, 10);
  bench.run(seconds(120));
  bench.checkpointer->stop();
  CHECK(bench.went_out.empty());
  CHECK(!bench.files.exists(checkpoints));
  CHECK(bench.shows("canaryd_audit_signed 0"));
  CHECK(bench.log.appended().empty());
}

TEST_CASE("every key signs and the log says which") {
  Bench bench;
  bench.start({key_file, old_key_file});
  bench.stand_at(10);
  bench.run(seconds(1));
  const auto found = *parse_checkpoint(bench.went_out.back());
  CHECK(found.signatures.size() == 4);
  CHECK(check_signatures(found, {bench.key.public_key()}).good);
  CHECK(check_signatures(found, {bench.old_key.public_key()}).good);
  REQUIRE(bench.log.appended().size() == 1);
  const auto& record = bench.log.appended()[0];
  CHECK(record.event == "keys");
  CHECK(record.details == Pairs{{"key_1", bench.key.public_key().vkey(found.origin, 0x01)},
                                {"key_2", bench.old_key.public_key().vkey(found.origin, 0x01)}});
  CHECK(bench.shows("canaryd_audit_signed 1"));
}

TEST_CASE("a key that is given twice signs once") {
  Bench bench;
  bench.files.put(old_key_file, bench.key.pem());
  bench.start({key_file, old_key_file});
  bench.stand_at(10);
  bench.run(seconds(1));
  CHECK(parse_checkpoint(bench.went_out.back())->signatures.size() == 2);
}

TEST_CASE("a changed key file signs from then on and the log says so") {
  Bench bench;
  bench.settle();
  const auto next = SigningKey::generate().value();
  bench.files.put(key_file, next.pem());
  bench.run(seconds(3));
  REQUIRE(!bench.went_out.empty());
  CHECK(check_signatures(*parse_checkpoint(bench.went_out.back()), {next.public_key()}).good);
  CHECK(!check_signatures(*parse_checkpoint(bench.went_out.back()), {bench.key.public_key()}).good);
  CHECK(bench.log.appended().back().event == "keys");
}

TEST_CASE("a key file that is broken or gone leaves its key in force until it is mended") {
  Bench bench;
  bench.settle();
  const auto signs = [&](const SigningKey& key) {
    bench.went_out.clear();
    bench.run(seconds(65));
    return !bench.went_out.empty() &&
           check_signatures(*parse_checkpoint(bench.went_out.back()), {key.public_key()}).good;
  };
  bench.files.put(key_file, "half a key");
  CHECK(signs(bench.key));
  CHECK(bench.shows("canaryd_audit_keys_refused 1"));
  CHECK(bench.shows("canaryd_audit_signed 1"));
  bench.files.take_away(key_file);
  CHECK(signs(bench.key));
  CHECK(bench.shows("canaryd_audit_keys_refused 1"));
  bench.files.put(key_file, bench.key.pem());
  CHECK(signs(bench.key));
  CHECK(bench.shows("canaryd_audit_keys_refused 0"));
  bench.files.put(key_file, bench.old_key.pem());
  CHECK(signs(bench.old_key));
}

TEST_CASE("a start without its key begins to sign when the key appears") {
  Bench bench;
  bench.files.take_away(key_file);
  bench.start();
  bench.stand_at(10, 10);
  bench.run(seconds(10));
  CHECK(bench.went_out.empty());
  CHECK(bench.shows("canaryd_audit_keys_refused 1"));
  bench.files.put(key_file, bench.key.pem());
  bench.run(seconds(2));
  CHECK(!bench.went_out.empty());
}

TEST_CASE("a reload brings other key files and keeps the keys of those that stay") {
  Bench bench;
  bench.settle();
  bench.files.put(key_file, "broken meanwhile");
  bench.run(seconds(2));
  bench.checkpointer->replace_key_files({old_key_file, key_file});
  bench.run(seconds(1));
  const auto both = *parse_checkpoint(bench.went_out.back());
  CHECK(check_signatures(both, {bench.key.public_key()}).good);
  CHECK(check_signatures(both, {bench.old_key.public_key()}).good);
  bench.checkpointer->replace_key_files({});
  bench.run(seconds(1));
  CHECK(bench.log.appended().back().message == "Checkpoints are signed no longer.");
  CHECK(bench.shows("canaryd_audit_signed 0"));
}

TEST_CASE("a restart goes on from the newest checkpoint of the file") {
  Bench bench;
  bench.settle();
  bench.start();
  bench.run(seconds(1));
  const auto in_file = bench.kept();
  CHECK(in_file.back() == 11);  // with the record of the keys
  bench.stand_at(9, 9);
  bench.run(seconds(120));
  CHECK(bench.kept() == in_file);
  for (const auto size : bench.sizes_out()) CHECK(size >= 10);
  CHECK(!bench.shows("canaryd_audit_checkpoint_failures_total{where=\"sign\"} 0"));
}

TEST_CASE("a root that contradicts a signed one of the same size is never signed") {
  Bench bench;
  bench.settle();
  Hash other = root_of(10);
  other[31] = 1;
  bench.log.stand_at({{10, other}, 0, 0});
  bench.run(seconds(300));
  CHECK(bench.went_out.empty());
  bench.stand_at(10);
  bench.run(seconds(61));
  CHECK(bench.sizes_out() == Sizes{10});
}

TEST_CASE("a checkpoint that the file does not take goes out all the same and is kept later") {
  Bench bench;
  bench.settle();
  bench.files.fail(Op::sync, 1, EIO);
  bench.stand_at(12, 12);
  bench.run(seconds(1));
  CHECK(bench.sizes_out() == Sizes{12});
  CHECK(bench.shows("canaryd_audit_checkpoint_failures_total{where=\"file\"} 1"));
  bench.run(seconds(6));
  CHECK(bench.kept().back() == 12);
  CHECK(bench.shows("canaryd_audit_checkpoint_size 12"));
  CHECK(bench.sizes_out() == Sizes{12});
}

TEST_CASE("a full disk is tried every few seconds and not more often") {
  Bench bench;
  bench.settle();
  bench.files.set_free(0);
  bench.stand_at(12, 12);
  bench.run(seconds(20));
  CHECK(bench.shows("canaryd_audit_checkpoint_failures_total{where=\"file\"} 4"));
  bench.files.set_free(std::nullopt);
  bench.run(seconds(6));
  CHECK(bench.kept().back() == 12);
}

TEST_CASE("each checkpoint is an event on the output and one that it does not take is tried again soon") {
  Bench bench;
  bench.settle();
  bench.output.read();
  bench.stand_at(12, 12);
  bench.run(seconds(1));
  CHECK(bench.events() == 1);
  std::signal(SIGPIPE, SIG_IGN);
  bench.output.stop_reading();
  bench.stand_at(14, 14);
  bench.run(seconds(11));
  CHECK(bench.kept().back() == 14);
  CHECK(bench.sizes_out().back() == 14);  // the witness has it
  CHECK(bench.shows("canaryd_audit_checkpoint_failures_total{where=\"stdout\"} 3"));
}

TEST_CASE("the record of the keys is written when the log takes it again") {
  Bench bench;
  bench.log.set_writable(false);
  bench.start();
  bench.run(seconds(3));
  CHECK(bench.log.appended().empty());
  bench.log.set_writable(true);
  bench.run(seconds(2));
  CHECK(bench.log.appended().size() == 1);
}
