#include "tls_files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <map>

#include "unique_fd.hpp"

namespace canaryd::web {

namespace {

constexpr std::size_t max_file = 1u << 20;

struct Place {
  std::string folder;
  std::string name;
};

Place split(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

// The folders opened for one reading, by their path, each once.
class Folders {
 public:
  Result<UniqueFd> open_file(const std::string& path) {
    Place place = split(path);
    const int folder = open_folder(AT_FDCWD, place.folder, place.folder);
    if (folder < 0) return fail(Error::from_errno(path, errno));
    std::array<char, PATH_MAX> target{};
    const ssize_t length = ::readlinkat(folder, place.name.c_str(), target.data(), target.size() - 1);
    int from = folder;
    if (length > 0 && target[0] != '/') {
      const std::string link(target.data(), static_cast<std::size_t>(length));
      if (link.find('/') != std::string::npos) {
        const Place inner = split(link);
        from = open_folder(folder, inner.folder, place.folder + "/" + inner.folder);
        if (from < 0) return fail(Error::from_errno(path, errno));
        place.name = inner.name;
      }
    }
    UniqueFd file(::openat(from, place.name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) return fail(Error::from_errno(path, errno));
    return file;
  }

 private:
  int open_folder(int base, const std::string& relative, const std::string& key) {
    const auto it = open_.find(key);
    if (it != open_.end()) return it->second.get();
    UniqueFd fd(::openat(base, relative.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return -1;
    return open_.emplace(key, std::move(fd)).first->second.get();
  }

  std::map<std::string, UniqueFd> open_;
};

Result<std::string> read_whole(Folders& folders, const std::string& path) {
  auto file = folders.open_file(path);
  if (!file) return fail(file.error());
  std::string content;
  std::array<char, 16384> chunk{};
  for (;;) {
    const ssize_t n = ::read(file->get(), chunk.data(), chunk.size());
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(Error::from_errno(path, errno));
    content.append(chunk.data(), static_cast<std::size_t>(n));
    if (content.size() > max_file) return fail(Error::invalid(path + ": expected a PEM file of at most 1 MiB"));
  }
}

}  // namespace

Result<TlsFiles> read_tls_files(const TlsSettings& settings) {
  Folders folders;
  TlsFiles files;
  auto certificate = read_whole(folders, settings.certificate);
  if (!certificate) return fail(certificate.error());
  auto key = read_whole(folders, settings.key);
  if (!key) return fail(key.error());
  files.certificate = std::move(*certificate);
  files.key = std::move(*key);
  if (settings.client_ca.empty()) return files;
  auto ca = read_whole(folders, settings.client_ca);
  if (!ca) return fail(ca.error());
  files.client_ca = std::move(*ca);
  return files;
}

}  // namespace canaryd::web
