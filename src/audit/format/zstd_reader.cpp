#include "zstd_reader.hpp"

#include <zstd.h>

#include <algorithm>

namespace canaryd::audit {

namespace {
constexpr std::size_t chunk = 256U << 10U;
constexpr std::size_t header_limit = 18;  // ZSTD_FRAMEHEADERSIZE_MAX, which only the static interface names
}  // namespace

struct ZstdReader::Impl {
  std::unique_ptr<Reader> compressed;
  std::string name;
  std::uint64_t whole = 0;  // bytes, as the header says
  std::unique_ptr<ZSTD_DStream, decltype(&ZSTD_freeDStream)> stream{ZSTD_createDStream(), &ZSTD_freeDStream};
  std::string input;
  std::size_t input_at = 0;
  std::uint64_t input_offset = 0;  // of what comes behind `input`, in the file
  std::string output;
  std::size_t output_at = 0;
  std::uint64_t produced = 0;
  std::uint64_t delivered = 0;
  bool frame_ended = false;

  Error wrong(const std::string& what) const { return Error::io(name + ": " + what); }
  Status fill_input();
  Status decompress();
  Status check_end();
};

Status ZstdReader::Impl::fill_input() {
  auto more = compressed->read(input_offset, chunk);
  if (!more) return fail(more.error());
  input = std::move(*more);
  input_at = 0;
  input_offset += input.size();
  return {};
}

// Produces at least one byte, or ends the frame.
Status ZstdReader::Impl::decompress() {
  output.resize(chunk);
  output_at = 0;
  ZSTD_outBuffer out{output.data(), output.size(), 0};
  while (out.pos == 0 && !frame_ended) {
    if (input_at == input.size()) {
      if (auto filled = fill_input(); !filled) return filled;
      if (input.empty()) return fail(wrong("the compressed segment ends too early"));
    }
    ZSTD_inBuffer in{input.data(), input.size(), input_at};
    const std::size_t left = ZSTD_decompressStream(stream.get(), &out, &in);
    input_at = in.pos;
    if (ZSTD_isError(left) != 0) return fail(wrong(std::string("no zstd data: ") + ZSTD_getErrorName(left)));
    frame_ended = left == 0;
  }
  output.resize(out.pos);
  produced += out.pos;
  if (produced > whole) return fail(wrong("more in it than its header says"));
  return frame_ended ? check_end() : Status{};
}

Status ZstdReader::Impl::check_end() {
  if (produced != whole) return fail(wrong("less in it than its header says"));
  if (input_at == input.size()) {
    if (auto filled = fill_input(); !filled) return filled;
  }
  if (input_at != input.size()) return fail(wrong("something stands behind its zstd frame"));
  return {};
}

ZstdReader::ZstdReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ZstdReader::~ZstdReader() = default;

Result<std::unique_ptr<Reader>> ZstdReader::open(std::unique_ptr<Reader> compressed, const std::string& name,
                                                 std::uint64_t limit) {
  auto impl = std::make_unique<Impl>();
  impl->compressed = std::move(compressed);
  impl->name = name;
  const auto header = impl->compressed->read(0, header_limit);
  if (!header) return fail(header.error());
  const auto size = ZSTD_getFrameContentSize(header->data(), header->size());
  if (size == ZSTD_CONTENTSIZE_ERROR) return fail(impl->wrong("no zstd frame"));
  if (size == ZSTD_CONTENTSIZE_UNKNOWN) return fail(impl->wrong("a zstd frame that does not say its size"));
  if (size > limit) {
    return fail(impl->wrong("expected a segment of at most " + std::to_string(limit) + " bytes, its header says " +
                            std::to_string(size)));
  }
  impl->whole = size;
  return std::unique_ptr<Reader>(new ZstdReader(std::move(impl)));
}

Result<std::uint64_t> ZstdReader::size() { return impl_->whole; }

Result<std::string> ZstdReader::read(std::uint64_t offset, std::size_t length) {
  if (offset != impl_->delivered) return fail(impl_->wrong("a compressed segment is read from its start to its end"));
  std::string bytes;
  while (bytes.size() < length) {
    if (impl_->output_at == impl_->output.size()) {
      if (impl_->frame_ended) break;
      if (auto done = impl_->decompress(); !done) return fail(done.error());
      continue;
    }
    const auto take = std::min(length - bytes.size(), impl_->output.size() - impl_->output_at);
    bytes.append(impl_->output, impl_->output_at, take);
    impl_->output_at += take;
  }
  impl_->delivered += bytes.size();
  return bytes;
}

}  // namespace canaryd::audit
