#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "canaryd/audit/files.hpp"

namespace canaryd::audit {

namespace {

// What a failed writeback can have left in the page cache: more than one batch of the writer.
constexpr off_t doubtful_tail = 64 << 20;

template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

Status status_of(int result, const std::string& what) {
  if (result < 0) return fail(Error::from_errno(what, errno));
  return {};
}

// What a caller can go on without is told apart.
Status done_to(int result, const std::string& what, const std::string& path) {
  if (result < 0 && errno == ENOENT) return fail(Error::not_found(what + " " + path + ": no such file"));
  return status_of(result, what + " " + path);
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  Status append(std::string_view bytes) override {
    while (!bytes.empty()) {
      const auto written = retried([&] { return ::write(fd_.get(), bytes.data(), bytes.size()); });
      if (written < 0) return fail(Error::from_errno("write " + path_, errno));
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  Status sync() override {
    return status_of(retried([&] { return ::fdatasync(fd_.get()); }), "fdatasync " + path_);
  }

  Status truncate(std::uint64_t size) override {
    const auto cut =
        status_of(retried([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }), "ftruncate " + path_);
    return cut ? sync() : cut;
  }

  Status reserve(std::uint64_t bytes) override {
    auto end = size();
    if (!end) return fail(end.error());
    const auto result = retried([&] {
      return ::fallocate(fd_.get(), FALLOC_FL_KEEP_SIZE, static_cast<off_t>(*end), static_cast<off_t>(bytes));
    });
    // A file system that cannot reserve (some network ones) gives no promise; its ENOSPC then comes with the write.
    if (result < 0 && (errno == EOPNOTSUPP || errno == ENOSYS)) return {};
    return status_of(result, "fallocate " + path_);
  }

  Result<std::uint64_t> size() override {
    struct stat found{};
    if (::fstat(fd_.get(), &found) < 0) return fail(Error::from_errno("fstat " + path_, errno));
    return static_cast<std::uint64_t>(found.st_size);
  }

  Result<std::string> read(std::uint64_t offset, std::size_t length) override {
    std::string bytes(length, '\0');
    std::size_t filled = 0;
    while (filled < length) {
      const auto got = retried([&] {
        return ::pread(fd_.get(), bytes.data() + filled, length - filled, static_cast<off_t>(offset + filled));
      });
      if (got < 0) return fail(Error::from_errno("read " + path_, errno));
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
  }

  Status still_at(const std::string& path, std::uint64_t size) override {
    struct stat open{};
    struct stat named{};
    if (::fstat(fd_.get(), &open) < 0) return fail(Error::from_errno("fstat " + path_, errno));
    if (::lstat(path.c_str(), &named) < 0) {
      return fail(Error::from_errno(path + " was moved, deleted or unmounted while canaryd wrote to it", errno));
    }
    if (open.st_nlink == 0 || open.st_dev != named.st_dev || open.st_ino != named.st_ino) {
      return fail(Error::io(path + " was replaced by another file while canaryd wrote to it"));
    }
    if (static_cast<std::uint64_t>(open.st_size) != size) {
      return fail(Error::io(path + " was changed by something else than canaryd: it has " +
                            std::to_string(open.st_size) + " bytes, expected " + std::to_string(size)));
    }
    return {};
  }

  Status regular() {
    struct stat found{};
    if (::fstat(fd_.get(), &found) < 0) return fail(Error::from_errno("fstat " + path_, errno));
    if (!S_ISREG(found.st_mode)) return fail(Error::io(path_ + " is not a regular file"));
    return {};
  }

  // See Files::open_append. Dropping is advice to the kernel: the best there is without direct I/O.
  Status drop_cache() {
    if (auto synced = sync(); !synced) return synced;
    const auto end = size();
    if (!end) return fail(end.error());
    const off_t from = std::max<off_t>(0, static_cast<off_t>(*end) - doubtful_tail);
    ::posix_fadvise(fd_.get(), from, 0, POSIX_FADV_DONTNEED);
    return {};
  }

 private:
  Descriptor fd_;
  std::string path_;
};

Result<std::unique_ptr<PosixFile>> opened(const std::string& path, int flags) {
  // Without O_NONBLOCK a FIFO that was put there is waited for; regular files take no notice of it.
  const int fd = retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC | O_NONBLOCK, 0600); });
  if (fd < 0) return fail(Error::from_errno("open " + path, errno));
  auto file = std::make_unique<PosixFile>(fd, path);
  if (auto regular = file->regular(); !regular) return fail(regular.error());
  return file;
}

std::string parent_of(const std::string& path) {
  const auto end = path.find_last_not_of('/');
  const auto slash = end == std::string::npos ? std::string::npos : path.rfind('/', end);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class PosixFiles final : public Files {
 public:
  Status make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0700) == 0) return sync_directory(parent_of(path));
    if (errno != EEXIST) return fail(Error::from_errno("mkdir " + path, errno));
    return {};
  }

  Result<std::vector<std::string>> list(const std::string& directory) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(directory.c_str()), &::closedir);
    if (!stream) {
      if (errno == ENOENT) return fail(Error::not_found(directory + ": no such folder"));
      return fail(Error::from_errno("opendir " + directory, errno));
    }
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
      const std::string_view name(&entry->d_name[0]);
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    if (errno != 0) return fail(Error::from_errno("readdir " + directory, errno));
    std::sort(names.begin(), names.end());
    return names;
  }

  Result<std::unique_ptr<File>> open_append(const std::string& path) override {
    auto file = opened(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW);
    if (!file) return fail(file.error());
    if (auto dropped = (*file)->drop_cache(); !dropped) return fail(dropped.error());
    return std::unique_ptr<File>(std::move(*file));
  }

  Result<std::unique_ptr<File>> open_write_new(const std::string& path) override {
    auto file = opened(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (!file) return fail(file.error());
    return std::unique_ptr<File>(std::move(*file));
  }

  Result<std::unique_ptr<Reader>> open_read(const std::string& path) override {
    auto file = opened(path, O_RDONLY);
    if (!file) return fail(file.error());
    return std::unique_ptr<Reader>(std::move(*file));
  }

  Status remove(const std::string& path) override { return done_to(::unlink(path.c_str()), "unlink", path); }

  Status rename(const std::string& from, const std::string& to) override {
    return done_to(::rename(from.c_str(), to.c_str()), "rename", from);
  }

  Result<Space> space(const std::string& path) override {
    struct statvfs found{};
    if (retried([&] { return ::statvfs(path.c_str(), &found); }) < 0) {
      return fail(Error::from_errno("statvfs " + path, errno));
    }
    return Space{static_cast<std::uint64_t>(found.f_blocks) * found.f_frsize,
                 static_cast<std::uint64_t>(found.f_bavail) * found.f_frsize};
  }

  Status sync_directory(const std::string& path) override {
    const Descriptor folder(retried([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (folder.get() < 0) return fail(Error::from_errno("open " + path, errno));
    return status_of(retried([&] { return ::fsync(folder.get()); }), "fsync " + path);
  }

  Result<std::unique_ptr<File>> lock(const std::string& path) override {
    const int fd = retried([&] { return ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); });
    if (fd < 0) return fail(Error::from_errno("open " + path, errno));
    auto file = std::make_unique<PosixFile>(fd, path);
    if (::flock(fd, LOCK_EX | LOCK_NB) < 0) {
      if (errno == EWOULDBLOCK) return fail(Error::io(parent_of(path) + " is in use by another process"));
      return fail(Error::from_errno("flock " + path, errno));
    }
    return std::unique_ptr<File>(std::move(file));
  }
};

}  // namespace

std::unique_ptr<Files> posix_files() { return std::make_unique<PosixFiles>(); }

}  // namespace canaryd::audit
