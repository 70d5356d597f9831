// A good log, changed as the bytes say: what a fuzzer cannot reach by bytes alone, since it computes no SHA-256. After
// the edits the lines may be chained anew, so that readers go on behind a change as they do in a forged log.
#include "canaryd/audit/tree.hpp"
#include "canaryd/base/digest.hpp"
#include "fuzz.hpp"
#include "good_log.hpp"
#include "readers.hpp"

namespace {

using namespace canaryd::audit::fuzz;

constexpr std::size_t most_edits = 64;

// Takes numbers and text from the fuzzer's bytes; zeros behind their end.
class Source {
 public:
  explicit Source(std::string_view bytes) : bytes_(bytes) {}
  bool empty() const { return bytes_.empty(); }
  std::size_t number(std::size_t below) {
    const std::size_t high = byte();
    return below == 0 ? 0 : (high * 256U + byte()) % below;
  }
  std::string text() {
    const auto length = std::min<std::size_t>(byte(), bytes_.size());
    std::string taken(bytes_.substr(0, length));
    bytes_.remove_prefix(length);
    return taken;
  }

 private:
  std::size_t byte() {
    if (bytes_.empty()) return 0;
    const auto first = static_cast<unsigned char>(bytes_[0]);
    bytes_.remove_prefix(1);
    return first;
  }
  std::string_view bytes_;
};

void set_prev(std::string& line, const std::string& prev) {
  const std::string name = R"("prev":")";
  const auto at = line.find(name);
  if (at == std::string::npos) return;
  const auto end = line.find('"', at + name.size());
  if (end != std::string::npos) line.replace(at + name.size(), end - at - name.size(), prev);
}

void set_leaves(FileList& files, const std::string& segment, const std::string& leaves) {
  const auto name = segment.substr(0, segment.size() - std::string_view(".jsonl").size()) + ".leaves";
  for (auto& file : files) {
    if (file.first == name) file.second = leaves;
  }
}

// Every line gets the `prev` that fits, and every segment its leaves.
void chain_anew(FileList& files) {
  std::string prev(64, '0');
  for (auto& [name, content] : files) {
    if (!name.ends_with(".jsonl")) continue;
    std::string anew;
    std::string leaves;
    std::size_t start = 0;
    for (auto lf = content.find('\n'); lf != std::string::npos; lf = content.find('\n', start)) {
      std::string line = content.substr(start, lf - start);
      set_prev(line, prev);
      prev = canaryd::sha256_hex(line);
      const auto leaf = canaryd::audit::leaf_hash(line);
      leaves.append(leaf.begin(), leaf.end());
      anew += line + "\n";
      start = lf + 1;
    }
    content = anew + content.substr(start);
    set_leaves(files, name, leaves);
  }
}

void edit(FileList& files, Source& source) {
  const auto kind = source.number(9);
  auto& [name, content] = files[source.number(files.size())];
  const auto at = source.number(content.size() + 1);
  const auto length = std::min(source.number(512), content.size() - at);
  switch (kind) {
    case 0:
      content.replace(at, length, source.text());
      break;
    case 1:
      content.insert(at, source.text());
      break;
    case 2:
      content.erase(at, length);
      break;
    case 3:
      content.resize(at);
      break;
    case 4:
      content.replace(at, length, std::string(length, '\0'));
      break;
    case 5:
      content += content.substr(at, length);
      break;
    case 6:
      content = files[source.number(files.size())].second;
      break;
    case 7:
      name = files[source.number(files.size())].first;
      break;
    default:
      chain_anew(files);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Source source(text_of(data, size));
  FileList files = source.number(2) == 0 ? good_log() : compressed_log();
  for (std::size_t edits = 0; edits < most_edits && !source.empty(); ++edits) edit(files, source);
  read_everything(files);
  return 0;
}
