#include "canaryd/base/file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace canaryd {

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail(Error::from_errno("cannot read " + path, errno));
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
