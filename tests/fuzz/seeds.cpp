// fuzz_seeds FOLDER: writes the seeds of every target below FOLDER, made by the code that writes logs.
#include <zstd.h>

#include <filesystem>
#include <fstream>
#include <iostream>

#include "base64.hpp"
#include "canaryd/audit/proof.hpp"
#include "good_log.hpp"
#include "known_key.hpp"

namespace {

using namespace canaryd::audit;

class Seeds {
 public:
  explicit Seeds(std::filesystem::path folder) : folder_(std::move(folder)) {}

  void add(const std::string& target, const std::string& bytes) {
    std::filesystem::create_directories(folder_ / target);
    std::ofstream file(folder_ / target / ("seed-" + std::to_string(number_++)), std::ios::binary);
    file << bytes;
    if (!file.flush()) throw std::runtime_error("a seed cannot be written below " + folder_.string());
  }

 private:
  std::filesystem::path folder_;
  int number_ = 0;
};

std::string compressed(const std::string& text, int level) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context(ZSTD_createCCtx(), &ZSTD_freeCCtx);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, level);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  out.resize(ZSTD_compress2(context.get(), out.data(), out.size(), text.data(), text.size()));
  return out;
}

void add_lines(Seeds& seeds, const std::string& content) {
  std::size_t start = 0;
  for (auto lf = content.find('\n'); lf != std::string::npos; lf = content.find('\n', start)) {
    seeds.add("line", content.substr(start, lf - start));
    start = lf + 1;
  }
}

void add_checkpoints(Seeds& seeds) {
  const auto note = fuzz::known_note();
  seeds.add("checkpoint", note);
  seeds.add("anchors", note + "\n" + note);
  const auto event = "event=audit_checkpoint checkpoint=" + to_base64(note) + " size=2\n";
  seeds.add("anchors", event + "2026-08-01T12:00:00Z stdout F " + event);
  seeds.add("anchors",
            R"({"log":"{\"event\":\"audit_checkpoint\",\"checkpoint\":\")" + to_base64(note) + R"(\",\"size\":2}\n"})");
  seeds.add("keys", fuzz::known_key().pem());
  seeds.add("keys", fuzz::known_key().public_key().pem());
  for (const auto type : {static_cast<unsigned char>(1), static_cast<unsigned char>(4)}) {
    seeds.add("keys", fuzz::known_key().public_key().vkey(fuzz::known_name, type) + "\n");
  }
}

void add_proofs(Seeds& seeds) {
  const LeafAt leaf_at = [](std::uint64_t seq) -> canaryd::Result<Hash> { return leaf_hash(fuzz::known_record(seq)); };
  const auto note = fuzz::known_note();
  Proof proof;
  proof.keys = {fuzz::known_key().public_key()};
  InclusionProof inclusion{{}, note};
  for (std::uint64_t seq = 0; seq < fuzz::known_records; ++seq) {
    const auto path = inclusion_path(seq, fuzz::known_records, leaf_at);
    inclusion.records.push_back({seq, fuzz::known_record(seq), *path});
  }
  proof.content = inclusion;
  seeds.add("proof", to_json(proof));
  proof.content = ConsistencyProof{note, note, {}};
  seeds.add("proof", to_json(proof));
}

void add_texts(Seeds& seeds) {
  const std::string nul(1, '\0');
  seeds.add("redact", "leaked token=redacted in its answers" + nul + "Bearer abcdef0123456789" + nul);
  seeds.add("redact", "see https://user:pass1@host/x" + nul + "{\"client_secret\": \"x1y2\"}" + nul +
                          "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----" + nul + "db_password" + nul +
                          "hunter2" + nul + "note_1" + nul + "said" + nul);
  seeds.add("redact", "authorization: Basic dXNlcjpwYXNz, password=\"a b\" apikey:'c1' eyJhbGciOiJub25lIn0.e30.c2ln");
}

void write(Seeds& seeds) {
  add_proofs(seeds);
  add_checkpoints(seeds);
  add_texts(seeds);
  seeds.add("edited", std::string(2, '\0'));
  seeds.add("edited", std::string("\0\1", 2));
  const auto& log = fuzz::good_log();
  seeds.add("folder", fuzz::packed(log));
  seeds.add("folder", fuzz::packed(fuzz::compressed_log()));
  for (const auto& [name, content] : log) {
    if (!name.ends_with(".jsonl")) continue;
    add_lines(seeds, content);
    seeds.add("compressed", compressed(content, 3));
  }
  seeds.add("compressed", compressed(std::string(3U << 20U, ' '), 19));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fuzz_seeds FOLDER\n";
    return 2;
  }
  try {
    Seeds seeds(argv[1]);
    write(seeds);
  } catch (const std::exception& problem) {
    std::cerr << problem.what() << '\n';
    return 1;
  }
  return 0;
}
