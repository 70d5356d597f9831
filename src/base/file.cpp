#include "canaryd/base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace canaryd {

namespace {

// Of a folder read says EISDIR; a FIFO or a device may have no end.
Status check_kind(int fd, const std::string& path) {
  struct stat found{};
  if (::fstat(fd, &found) < 0) return fail(Error::from_errno("cannot read " + path, errno));
  if (S_ISREG(found.st_mode) || S_ISDIR(found.st_mode)) return {};
  return fail(Error::io("cannot read " + path + ": it is not a regular file"));
}

}  // namespace

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  // Without O_NONBLOCK opening a FIFO waits for a writer.
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return fail(Error::from_errno("cannot read " + path, errno));
  if (auto kind = check_kind(fd, path); !kind) {
    ::close(fd);
    return fail(kind.error());
  }
  std::string text;
  std::array<char, 16384> buffer;
  while (true) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int why = errno;
      ::close(fd);
      return fail(Error::from_errno("cannot read " + path, why));
    }
    if (got == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(got));
    if (text.size() > limit) {
      ::close(fd);
      return fail(Error::invalid(path + " is longer than " + std::to_string(limit) + " bytes"));
    }
  }
  ::close(fd);
  return text;
}

}  // namespace canaryd
