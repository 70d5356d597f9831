// A shared object for LD_PRELOAD, for tests only: it counts the system calls by which the daemon serves a delivery,
// kills the process at the n-th, or lets the disk be full or break. A test steers it through a small file that both map
// (tests/lab/shim.py), so that start-up is not counted and faults come and go while the daemon runs.
//
// What glibc calls inside itself (stdio: the daemon's log) does not pass here.
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <cstring>

namespace {

enum When : std::uint32_t { before, after, halfway };

// The layout is that of lab/shim.py.
struct Control {
  std::atomic<std::uint32_t> nth;           // kill at this call; 0: at none
  std::atomic<std::uint32_t> when;          // a When; halfway: a write or send carries half of its bytes
  std::atomic<std::uint32_t> every_thread;  // 0: the accepting, and the thread that reads from the accepted connection
  std::atomic<std::uint32_t> count;         // calls since the count was set to 0
  std::atomic<std::uint32_t> disk_error;  // while not 0, writes to regular files and reservations fail with this errno
  std::atomic<std::uint32_t> bad_syncs;   // so many fdatasync to come fail with EIO
  char only[20];                          // NOLINT(*-avoid-c-arrays): the name of the calls that count; empty: all
  char call[20];                          // NOLINT(*-avoid-c-arrays): that of the call that killed
};

Control* mapped() {
  const char* path = std::getenv("CANARYD_SHIM_CONTROL");
  if (path == nullptr) return nullptr;
  const int fd = ::open(path, O_RDWR | O_CLOEXEC);
  void* memory = fd < 0 ? MAP_FAILED : ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) std::abort();  // a test that believes in a shim that is not there would prove nothing
  return static_cast<Control*>(memory);
}

Control* control() {
  static Control* const instance = mapped();
  return instance;
}

// The connection that was accepted last while calls were counted, and whether this thread serves it. What the watch and
// the timers of other threads do would shift the count from run to run.
std::atomic<int> accepted{-1};
thread_local bool serves = false;

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

[[noreturn]] void die(const char* call) {
  std::strncpy(&control()->call[0], call, sizeof(Control::call) - 1);
  while (true) ::kill(::getpid(), SIGKILL);
}

// One counted call.
class Point {
 public:
  enum class Kind : std::uint8_t { any, accepts, has_nothing_to_read };

  explicit Point(const char* call, Kind kind = Kind::any) : call_(call) {
    if (control() == nullptr || control()->nth == 0) return;
    if (!serves && kind != Kind::accepts && control()->every_thread == 0) return;
    when_ = static_cast<When>(control()->when.load());
    if (kind == Kind::has_nothing_to_read) return;
    if (control()->only[0] != 0 && std::strcmp(&control()->only[0], call) != 0) return;
    hit_ = ++control()->count == control()->nth;
    if (hit_ && when_ == before) die(call_);
  }
  ~Point() {
    if (hit_) die(call_);
  }
  Point(const Point&) = delete;
  Point& operator=(const Point&) = delete;

  std::size_t share_of(std::size_t bytes) const { return hit_ && when_ == halfway ? bytes / 2 : bytes; }

 private:
  const char* call_;
  When when_ = before;
  bool hit_ = false;
};

// A read that finds nothing yet is not counted: how many of those there are is chance.
Point::Kind reading(int fd) {
  if (fd == accepted) serves = true;
  pollfd entry{fd, POLLIN, 0};
  return ::poll(&entry, 1, 0) > 0 ? Point::Kind::any : Point::Kind::has_nothing_to_read;
}

// The errno that a write to this file is to fail with, or 0.
int disk_error(int fd) {
  if (control() == nullptr || control()->disk_error == 0) return 0;
  struct stat found{};
  const bool regular = ::fstat(fd, &found) == 0 && S_ISREG(found.st_mode);
  return regular ? static_cast<int>(control()->disk_error.load()) : 0;
}

bool bad_sync() {
  if (control() == nullptr) return false;
  std::uint32_t left = control()->bad_syncs;
  while (left > 0 && !control()->bad_syncs.compare_exchange_weak(left, left - 1)) {
  }
  return left > 0;
}

int failed(int error) {
  errno = error;
  return -1;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* data, std::size_t size) {
  static auto* const real = next<decltype(write)>("write");
  const Point point("write");
  const int error = disk_error(fd);
  return error != 0 ? failed(error) : real(fd, data, point.share_of(size));
}

ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  static auto* const real = next<decltype(pwrite)>("pwrite");
  const Point point("pwrite");
  const int error = disk_error(fd);
  return error != 0 ? failed(error) : real(fd, data, point.share_of(size), offset);
}

ssize_t writev(int fd, const iovec* parts, int count) {
  static auto* const real = next<decltype(writev)>("writev");
  const Point point("writev");
  const int error = disk_error(fd);
  return error != 0 ? failed(error) : real(fd, parts, count);
}

ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  static auto* const real = next<decltype(send)>("send");
  const Point point("send");
  return real(fd, data, point.share_of(size), flags);
}

ssize_t sendto(int fd, const void* data, std::size_t size, int flags, const sockaddr* to, socklen_t length) {
  static auto* const real = next<decltype(sendto)>("sendto");
  const Point point("sendto");
  return real(fd, data, point.share_of(size), flags, to, length);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  static auto* const real = next<decltype(sendmsg)>("sendmsg");
  const Point point("sendmsg");
  return real(fd, message, flags);
}

ssize_t recv(int fd, void* data, std::size_t size, int flags) {
  static auto* const real = next<decltype(recv)>("recv");
  const Point point("recv", reading(fd));
  return real(fd, data, size, flags);
}

ssize_t read(int fd, void* data, std::size_t size) {
  static auto* const real = next<decltype(read)>("read");
  const Point point("read", reading(fd));
  return real(fd, data, size);
}

int accept4(int fd, sockaddr* peer, socklen_t* length, int flags) {
  static auto* const real = next<decltype(accept4)>("accept4");
  const Point point("accept4", Point::Kind::accepts);
  const int connection = real(fd, peer, length, flags);
  if (connection >= 0) accepted = connection;
  return connection;
}

int connect(int fd, const sockaddr* peer, socklen_t length) {
  static auto* const real = next<decltype(connect)>("connect");
  const Point point("connect");
  return real(fd, peer, length);
}

int shutdown(int fd, int how) noexcept {
  static auto* const real = next<decltype(shutdown)>("shutdown");
  const Point point("shutdown");
  return real(fd, how);
}

int close(int fd) {
  static auto* const real = next<decltype(close)>("close");
  const Point point("close");
  return real(fd);
}

int fdatasync(int fd) {
  static auto* const real = next<decltype(fdatasync)>("fdatasync");
  const Point point("fdatasync");
  return bad_sync() ? failed(EIO) : real(fd);
}

int fsync(int fd) {
  static auto* const real = next<decltype(fsync)>("fsync");
  const Point point("fsync");
  return real(fd);
}

int fallocate(int fd, int mode, off_t offset, off_t length) {
  static auto* const real = next<decltype(fallocate)>("fallocate");
  const Point point("fallocate");
  const int error = disk_error(fd);
  return error != 0 ? failed(error) : real(fd, mode, offset, length);
}

int posix_fallocate(int fd, off_t offset, off_t length) {
  static auto* const real = next<decltype(posix_fallocate)>("posix_fallocate");
  const Point point("posix_fallocate");
  const int error = disk_error(fd);
  return error != 0 ? error : real(fd, offset, length);
}

int ftruncate(int fd, off_t size) noexcept {
  static auto* const real = next<decltype(ftruncate)>("ftruncate");
  const Point point("ftruncate");
  return real(fd, size);
}

int rename(const char* from, const char* to) noexcept {
  static auto* const real = next<decltype(rename)>("rename");
  const Point point("rename");
  return real(from, to);
}
}
