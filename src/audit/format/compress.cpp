#include "compress.hpp"

#include <zstd.h>

#include <algorithm>
#include <memory>

#include "folder.hpp"
#include "names.hpp"
#include "sha256.hpp"
#include "zstd_reader.hpp"

namespace canaryd::audit {

namespace {

constexpr std::size_t chunk = 1U << 20U;
// Records repeat themselves: higher levels gain little and cost the cores that decide about alerts.
constexpr int level = 3;

Error stopped() { return {ErrorKind::cancelled, "canaryd is stopping"}; }

// Calls `take` with the whole of a file, piece by piece.
template <class Take>
Status each_piece(Reader& file, const std::atomic<bool>& stopping, Take take) {
  for (std::uint64_t offset = 0;;) {
    if (stopping.load()) return fail(stopped());
    const auto bytes = file.read(offset, chunk);
    if (!bytes) return fail(bytes.error());
    if (bytes->empty()) return {};
    if (auto taken = take(*bytes); !taken) return taken;
    offset += bytes->size();
  }
}

Result<std::string> digest_of(Reader& file, const std::atomic<bool>& stopping) {
  Sha256 hash;
  const auto done = each_piece(file, stopping, [&](const std::string& bytes) -> Status {
    hash.add(bytes);
    return {};
  });
  if (!done) return fail(done.error());
  return hash.hex();
}

// One zstd frame with the size of its content and a checksum.
class Frame {
 public:
  Frame(File& out, std::uint64_t size) : out_(out), buffer_(ZSTD_CStreamOutSize(), '\0') {
    good_ = context_ && fine(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, level)) &&
            fine(ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1)) &&
            fine(ZSTD_CCtx_setPledgedSrcSize(context_.get(), size));
  }

  Status add(std::string_view bytes) { return step(bytes, ZSTD_e_continue); }
  Status end() { return step({}, ZSTD_e_end); }

 private:
  static bool fine(std::size_t code) { return ZSTD_isError(code) == 0; }

  Status step(std::string_view bytes, ZSTD_EndDirective directive) {
    if (!good_) return fail(Error::io("zstd could not be set up"));
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    for (std::size_t left = 1; directive == ZSTD_e_end ? left > 0 : in.pos < in.size;) {
      ZSTD_outBuffer out{buffer_.data(), buffer_.size(), 0};
      left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
      if (!fine(left)) return fail(Error::io(std::string("zstd: ") + ZSTD_getErrorName(left)));
      if (out.pos == 0) continue;
      if (auto written = out_.append(std::string_view(buffer_).substr(0, out.pos)); !written) return written;
    }
    return {};
  }

  File& out_;
  std::string buffer_;
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_{ZSTD_createCCtx(), &ZSTD_freeCCtx};
  bool good_ = false;
};

// Writes the compressed file and returns the SHA-256 of what went into it.
Result<std::string> compress(Reader& plain, File& out, const std::atomic<bool>& stopping) {
  const auto size = plain.size();
  if (!size) return fail(size.error());
  Frame frame(out, *size);
  Sha256 hash;
  auto done = each_piece(plain, stopping, [&](const std::string& bytes) {
    hash.add(bytes);
    return frame.add(bytes);
  });
  if (done) done = frame.end();
  if (done) done = out.sync();
  if (!done) return fail(done.error());
  return hash.hex();
}

Result<std::string> digest_of_compressed(const std::string& path, Files& files, const std::atomic<bool>& stopping) {
  auto file = files.open_read(path);
  if (!file) return fail(file.error());
  auto reader = ZstdReader::open(std::move(*file), path, segment_limit);
  if (!reader) return fail(reader.error());
  return digest_of(**reader, stopping);
}

Error not_what_was_closed(const std::string& name) {
  return Error::invalid(name + " does not hold what the log closed: it is left as it is, run `canaryd audit verify`");
}

Status write_partial(const std::string& plain, const std::string& partial, const std::string& sha256, Files& files,
                     const std::atomic<bool>& stopping) {
  auto in = files.open_read(plain);
  if (!in) return fail(in.error());
  auto out = files.open_write_new(partial);
  if (!out) return fail(out.error());
  const auto went_in = compress(**in, **out, stopping);
  if (!went_in) return fail(went_in.error());
  if (*went_in != sha256) return fail(not_what_was_closed(plain));
  const auto comes_out = digest_of_compressed(partial, files, stopping);
  if (!comes_out) return fail(comes_out.error());
  if (*comes_out != sha256) return fail(Error::io(partial + " does not hold what was written to it"));
  return {};
}

Status remove_if_there(const std::string& path, Files& files) {
  auto removed = files.remove(path);
  if (!removed && removed.error().kind == ErrorKind::not_found) return {};
  return removed;
}

bool is_there(const std::string& directory, const std::string& name, Files& files) {
  const auto names = files.list(directory);
  return names && std::find(names->begin(), names->end(), name) != names->end();
}

// The plain file, once the compressed one is known to hold the same and to last.
Status remove_plain(const std::string& directory, const std::string& plain, Files& files) {
  if (auto synced = files.sync_directory(directory); !synced) return synced;
  if (auto removed = files.remove(plain); !removed) return removed;
  return files.sync_directory(directory);
}

}  // namespace

Status compress_segment(const std::string& directory, std::uint64_t first_seq, const std::string& sha256, Files& files,
                        const std::atomic<bool>& stopping) {
  const auto plain = path_in(directory, segment_name(first_seq));
  const auto compressed = path_in(directory, compressed_name(first_seq));
  const auto partial = compressed + partial_ending;
  if (auto gone = remove_if_there(partial, files); !gone) return gone;
  if (is_there(directory, compressed_name(first_seq), files)) {
    const auto before = digest_of_compressed(compressed, files, stopping);
    if (!before && before.error().kind == ErrorKind::cancelled) return fail(before.error());
    if (before && *before == sha256) return remove_plain(directory, plain, files);
  }
  auto written = write_partial(plain, partial, sha256, files, stopping);
  if (written) written = files.rename(partial, compressed);
  if (!written) {
    static_cast<void>(remove_if_there(partial, files));
    return written;
  }
  return remove_plain(directory, plain, files);
}

}  // namespace canaryd::audit
