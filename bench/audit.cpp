// The audit log: prints one line of JSON.
//   bench_audit append FOLDER          appends a second against bare write + fdatasync loops, in turns
//   bench_audit cost FOLDER            microseconds an append takes without its fdatasync
//   bench_audit write FOLDER RECORDS   a log of so many records, its closed segments compressed when `compress` follows
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "canaryd/audit/files.hpp"
#include "canaryd/audit/housekeeping.hpp"
#include "canaryd/audit/log.hpp"

namespace canaryd::bench {

namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;
using Steady = std::chrono::steady_clock;

constexpr auto turn = 2s;
constexpr int turns = 5;

// As posix_files, without waiting for the disk: what is left is the log's own work and the writes.
class Unsynced final : public audit::File {
 public:
  explicit Unsynced(std::unique_ptr<audit::File> file) : file_(std::move(file)) {}
  Result<std::uint64_t> size() override { return file_->size(); }
  Result<std::string> read(std::uint64_t offset, std::size_t length) override { return file_->read(offset, length); }
  Status append(std::string_view bytes) override { return file_->append(bytes); }
  Status sync() override { return {}; }
  Status truncate(std::uint64_t size) override { return file_->truncate(size); }
  Status reserve(std::uint64_t bytes) override { return file_->reserve(bytes); }
  Status still_at(const std::string& path, std::uint64_t size) override { return file_->still_at(path, size); }

 private:
  std::unique_ptr<audit::File> file_;
};

class UnsyncedFiles final : public audit::Files {
 public:
  Status make_directory(const std::string& path) override { return files_->make_directory(path); }
  Result<std::vector<std::string>> list(const std::string& directory) override { return files_->list(directory); }
  Result<std::unique_ptr<audit::File>> open_append(const std::string& path) override {
    return unsynced(files_->open_append(path));
  }
  Result<std::unique_ptr<audit::File>> open_write_new(const std::string& path) override {
    return unsynced(files_->open_write_new(path));
  }
  Result<std::unique_ptr<audit::Reader>> open_read(const std::string& path) override { return files_->open_read(path); }
  Status remove(const std::string& path) override { return files_->remove(path); }
  Status rename(const std::string& from, const std::string& to) override { return files_->rename(from, to); }
  Status sync_directory(const std::string&) override { return {}; }
  Result<audit::Space> space(const std::string& path) override { return files_->space(path); }
  Result<std::unique_ptr<audit::File>> lock(const std::string& path) override { return files_->lock(path); }

 private:
  static Result<std::unique_ptr<audit::File>> unsynced(Result<std::unique_ptr<audit::File>> file) {
    if (!file) return file;
    return std::make_unique<Unsynced>(std::move(*file));
  }
  std::unique_ptr<audit::Files> files_ = audit::posix_files();
};

// What a log needs around it.
struct Around {
  explicit Around(const std::string& directory) { settings.directory = directory; }
  audit::Settings settings;
  SystemClock clock;
  Logger logger{LogFormat::logfmt, LogLevel::error};
  Metrics metrics;

  std::unique_ptr<audit::AuditLog> open(audit::Files& files) {
    auto log = audit::AuditLog::open(settings, files, clock, logger, metrics);
    if (log) return std::move(*log);
    std::fprintf(stderr, "%s\n", log.error().message.c_str());
    std::exit(1);
  }
};

audit::Record decision(int number) {
  audit::Record record;
  record.kind = audit::Kind::decision;
  const auto digits = std::to_string(number);
  record.id = std::string(32 - digits.size(), 'a') + digits;
  record.target =
      audit::TargetRef{"ml", "iris-" + std::to_string(number % 500), "5f0c1b9e-3c1a-4c53-9a35-27c1d5e1ab77"};
  record.alerts = {{"CanaryHighErrorRate",
                    "firing",
                    std::string(16 - digits.size(), 'f') + digits,
                    "2026-08-01T11:59:00Z",
                    "0.07",
                    {{"alertname", "CanaryHighErrorRate"},
                     {"component", "predictor"},
                     {"inferenceservice", "iris"},
                     {"namespace", "ml"},
                     {"revision", "iris-predictor-00002"},
                     {"severity", "critical"}}}};
  record.action = "rollback";
  record.verdict = "noop";
  record.reason = "stale_revision";
  record.guards = {{"no_policy", true, "policy default", false},
                   {"unsupported_mode", true, "Knative mode", false},
                   {"stale_revision", false, "the alert names iris-predictor-00002", false}};
  record.generation = 6;
  record.policy_sha256 = std::string(64, 'a');
  record.config_sha256 = std::string(64, 'b');
  record.actor = "token:alertmanager";
  record.peer = "10.0.0.7:41326";
  record.message = "CanaryHighErrorRate about ml/iris: The alert names iris-predictor-00002, which is no canary now.";
  return record;
}

// Appends of `writers` threads, for one turn.
double appends_per_second(const std::string& directory, int writers) {
  Around around(directory);
  const auto files = audit::posix_files();
  const auto log = around.open(*files);
  std::atomic<long> done{0};
  const auto began = Steady::now();
  std::vector<std::jthread> threads;
  for (int writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      const auto record = decision(writer);
      while (Steady::now() < began + turn) {
        if (!log->append(record)) std::exit(1);
        ++done;
      }
    });
  }
  threads.clear();
  return static_cast<double>(done) / Seconds(Steady::now() - began).count();
}

// Records of one thread that appends so many at once, for one turn.
double grouped_per_second(const std::string& directory, int group) {
  Around around(directory);
  const auto files = audit::posix_files();
  const auto log = around.open(*files);
  std::vector<audit::Record> records;
  for (int i = 0; i < group; ++i) records.push_back(decision(i));
  long done = 0;
  const auto began = Steady::now();
  while (Steady::now() < began + turn) {
    if (!log->append(records)) std::exit(1);
    done += group;
  }
  return static_cast<double>(done) / Seconds(Steady::now() - began).count();
}

// Writes with an fdatasync each, for one turn.
double bare_per_second(const std::string& path, std::size_t bytes) {
  const std::string line(bytes, 'x');
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) std::exit(1);
  long done = 0;
  const auto began = Steady::now();
  while (Steady::now() < began + turn) {
    if (::write(file, line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fdatasync(file) != 0) {
      std::exit(1);
    }
    ++done;
  }
  ::close(file);
  return static_cast<double>(done) / Seconds(Steady::now() - began).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::size_t bytes_of_a_record(const std::string& directory) {
  constexpr int count = 100;
  Around around(directory);
  UnsyncedFiles files;
  const auto log = around.open(files);
  for (int i = 0; i < count; ++i) {
    if (!log->append(decision(i))) std::exit(1);
  }
  const auto segment = directory + "/segment-" + std::string(20, '0') + ".jsonl";
  return std::filesystem::file_size(segment) / count;
}

// Of several turns: how many a second, and how many for one of the bare loop beside it.
struct Rate {
  std::vector<double> per_second;
  std::vector<double> ratio;

  void add(double rate, double bare) {
    per_second.push_back(rate);
    ratio.push_back(rate / bare);
  }
  void print(const char* before, int name) const {
    std::printf("%s\"%d\": [%.1f, %.4f]", before, name, median(per_second), median(ratio));
  }
};

int measure_appends(const std::string& folder) {
  const auto bytes = bytes_of_a_record(folder + "/size");
  const std::vector<int> writers{1, 4, 16, 64};
  constexpr int group = 100;
  std::vector<double> bare;
  std::vector<Rate> of_writers(writers.size());
  std::vector<double> bare_group;
  Rate of_group;
  for (int i = 0; i < turns; ++i) {
    const auto name = [&](const char* what) { return folder + "/" + what + "-" + std::to_string(i); };
    bare.push_back(bare_per_second(name("bare"), bytes));
    for (std::size_t j = 0; j < writers.size(); ++j) {
      const auto directory = name("log") + "-" + std::to_string(writers[j]);
      of_writers[j].add(appends_per_second(directory, writers[j]), bare.back());
    }
    bare_group.push_back(group * bare_per_second(name("bare-group"), group * bytes));
    of_group.add(grouped_per_second(name("group"), group), bare_group.back());
  }
  std::printf("{\"bytes\": %zu, \"bare\": %.1f, \"writers\": {", bytes, median(bare));
  for (std::size_t j = 0; j < writers.size(); ++j) of_writers[j].print(j == 0 ? "" : ", ", writers[j]);
  std::printf("}, \"bare_group\": %.1f, \"groups\": {", median(bare_group));
  of_group.print("", group);
  std::printf("}}\n");
  return 0;
}

int measure_cost(const std::string& folder) {
  Around around(folder);
  UnsyncedFiles files;
  const auto log = around.open(files);
  std::vector<double> micros;
  for (int i = 0; i < 20'000; ++i) {
    const auto record = decision(i);
    const auto began = Steady::now();
    if (!log->append(record)) return 1;
    micros.push_back(Seconds(Steady::now() - began).count() * 1e6);
  }
  std::printf("{\"median_us\": %.2f}\n", median(micros));
  return 0;
}

int write_log(const std::string& folder, int records, bool compress) {
  Around around(folder);
  UnsyncedFiles files;
  const auto log = around.open(files);
  std::vector<audit::Record> batch;
  for (int i = 0; i < records; ++i) {
    batch.push_back(decision(i));
    if (batch.size() < 200 && i + 1 < records) continue;
    if (!log->append(batch)) return 1;
    batch.clear();
  }
  if (compress) {
    audit::Housekeeping house(folder, {}, *log, files, around.clock, around.logger, around.metrics);
    house.turn();
  }
  std::printf("{\"records\": %d}\n", records);
  return 0;
}

}  // namespace

}  // namespace canaryd::bench

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "append") return canaryd::bench::measure_appends(words[1]);
  if (words.size() == 2 && words[0] == "cost") return canaryd::bench::measure_cost(words[1]);
  if (words.size() >= 3 && words[0] == "write") {
    return canaryd::bench::write_log(words[1], std::stoi(words[2]), words.size() == 4 && words[3] == "compress");
  }
  std::fprintf(stderr, "usage: bench_audit append|cost FOLDER | write FOLDER RECORDS [compress]\n");
  return 2;
}
