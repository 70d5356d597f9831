#include "memory_files.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <thread>

namespace canaryd::audit::test {

using canaryd::fail;

class MemoryFile final : public File {
 public:
  MemoryFile(MemoryFiles& files, std::shared_ptr<MemoryFiles::Node> node, std::string locked = {})
      : files_(files), node_(std::move(node)), life_(files.life_), locked_(std::move(locked)) {}
  ~MemoryFile() override {
    const std::lock_guard guard(files_.mutex_);
    if (!locked_.empty() && life_ == files_.life_) files_.locks_.erase(locked_);
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  Status append(std::string_view bytes) override {
    const std::lock_guard guard(files_.mutex_);
    bool half = false;
    const auto error = begin(Op::append, half);
    if (error && !half) return fail(*error);
    if (half) bytes = bytes.substr(0, bytes.size() / 2);
    auto room = files_.allocate(*node_, node_->cache.size() + bytes.size());
    if (!room) bytes = bytes.substr(0, bytes.size() / 3);
    node_->cache += bytes;
    if (error) return fail(*error);
    return room;
  }

  Status sync() override {
    if (files_.sync_milliseconds_ > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(files_.sync_milliseconds_));
    }
    const std::lock_guard guard(files_.mutex_);
    bool half = false;
    const auto error = begin(Op::sync, half);
    if (!error) {
      MemoryFiles::write_out(*node_);
      return {};
    }
    // Linux: the pages that could not be written count as clean from now on.
    if (!files_.crashed_) node_->dirty_from = node_->cache.size();
    return fail(*error);
  }

  Status truncate(std::uint64_t size) override {
    const std::lock_guard guard(files_.mutex_);
    bool half = false;
    const auto error = begin(Op::truncate, half);
    if (error && !half) return fail(*error);
    node_->cache.resize(size);
    node_->allocated = std::min<std::uint64_t>(node_->allocated, size);
    node_->dirty_from = std::min<std::size_t>(node_->dirty_from, size);
    if (error) return fail(*error);
    MemoryFiles::write_out(*node_);
    return {};
  }

  Status reserve(std::uint64_t bytes) override {
    const std::lock_guard guard(files_.mutex_);
    bool half = false;
    if (const auto error = begin(Op::reserve, half)) return fail(*error);
    return files_.allocate(*node_, node_->cache.size() + bytes);
  }

  Status still_at(const std::string& path, std::uint64_t size) override {
    const std::lock_guard guard(files_.mutex_);
    if (dead()) return fail(Error::io("crashed"));
    const auto found = files_.nodes_.find(path);
    if (found == files_.nodes_.end() || found->second != node_) return fail(Error::io(path + " was moved"));
    if (node_->cache.size() != size) return fail(Error::io(path + " was changed"));
    return {};
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard guard(files_.mutex_);
    if (dead()) return fail(Error::io("crashed"));
    return node_->cache.size();
  }

  Result<std::string> read(std::uint64_t offset, std::size_t length) override {
    const std::lock_guard guard(files_.mutex_);
    if (dead()) return fail(Error::io("crashed"));
    files_.longest_read_ = std::max(files_.longest_read_, length);
    if (offset >= node_->cache.size()) return std::string();
    return node_->cache.substr(offset, length);
  }

 private:
  bool dead() const { return files_.crashed_ || life_ != files_.life_; }
  std::optional<Error> begin(Op op, bool& half) {
    if (dead()) return Error::io("crashed");
    return files_.before(op, half);
  }

  MemoryFiles& files_;
  std::shared_ptr<MemoryFiles::Node> node_;
  int life_;
  std::string locked_;
};

std::optional<Error> MemoryFiles::before(Op op, bool& half) {
  if (crashed_) return Error::io("crashed");
  ++counts_[op];
  if (crash_in_ > 0 && --crash_in_ == 0) {
    crashed_ = true;
    half = true;
    return Error::io("crashed");
  }
  const auto found = failures_.find(op);
  if (found == failures_.end() || --found->second.first > 0) return std::nullopt;
  const int error = found->second.second;
  failures_.erase(found);
  half = op == Op::append;
  return Error::from_errno("made to fail", error);
}

Status MemoryFiles::allocate(Node& node, std::uint64_t to) {
  if (to <= node.allocated) return {};
  const std::uint64_t more = to - node.allocated;
  if (free_) {
    if (more > *free_) return canaryd::fail(Error::from_errno("allocate", ENOSPC));
    *free_ -= more;
  }
  node.allocated = to;
  return {};
}

void MemoryFiles::write_out(Node& node) {
  const std::size_t from = std::min(node.dirty_from, node.cache.size());
  node.disk.resize(node.cache.size(), '\0');
  std::copy(node.cache.begin() + static_cast<std::ptrdiff_t>(from), node.cache.end(),
            node.disk.begin() + static_cast<std::ptrdiff_t>(from));
  node.dirty_from = node.cache.size();
}

// A folder lasts when this returns: its parent is synced.
Status MemoryFiles::make_directory(const std::string& path) {
  const std::lock_guard guard(mutex_);
  bool half = false;
  const auto error = before(Op::make_directory, half);
  if (!error || half) directories_.insert(path);
  if (error) return canaryd::fail(*error);
  return {};
}

Result<std::vector<std::string>> MemoryFiles::list(const std::string& directory) {
  const std::lock_guard guard(mutex_);
  if (crashed_) return canaryd::fail(Error::io("crashed"));
  std::set<std::string> names;
  const auto see = [&](const std::string& path) {
    if (path.starts_with(directory + "/"))
      names.insert(path.substr(directory.size() + 1, path.find('/', directory.size() + 1) - directory.size() - 1));
  };
  for (const auto& [path, node] : nodes_) see(path);
  for (const auto& path : directories_) see(path);
  if (names.empty() && !directories_.contains(directory)) {
    return canaryd::fail(Error::not_found(directory + ": no such folder"));
  }
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::unique_ptr<File>> MemoryFiles::open_append(const std::string& path) {
  const std::lock_guard guard(mutex_);
  bool half = false;
  const auto error = before(Op::open, half);
  if (error && !half) return canaryd::fail(*error);
  auto& node = nodes_[path];
  if (!node) node = std::make_shared<Node>();
  if (error) return canaryd::fail(*error);
  // What is dirty is written out; what is only in the cache is dropped from it.
  write_out(*node);
  node->cache = node->disk;
  node->dirty_from = node->cache.size();
  return std::make_unique<MemoryFile>(*this, node);
}

Result<std::unique_ptr<Reader>> MemoryFiles::open_read(const std::string& path) {
  const std::lock_guard guard(mutex_);
  if (crashed_) return canaryd::fail(Error::io("crashed"));
  const auto found = nodes_.find(path);
  if (found == nodes_.end()) return canaryd::fail(Error::from_errno("open " + path, ENOENT));
  return std::make_unique<MemoryFile>(*this, found->second);
}

Result<std::unique_ptr<File>> MemoryFiles::open_write_new(const std::string& path) {
  const std::lock_guard guard(mutex_);
  if (!crashed_ && nodes_.contains(path)) return canaryd::fail(Error::from_errno("open " + path, EEXIST));
  return open_append(path);
}

Status MemoryFiles::remove(const std::string& path) {
  const std::lock_guard guard(mutex_);
  bool half = false;
  const auto error = before(Op::remove, half);
  if (error && !half) return canaryd::fail(*error);
  const auto found = nodes_.find(path);
  if (found == nodes_.end()) return canaryd::fail(Error::not_found("unlink " + path));
  give_back(*found->second);
  nodes_.erase(found);
  if (error) return canaryd::fail(*error);
  return {};
}

Status MemoryFiles::rename(const std::string& from, const std::string& to) {
  const std::lock_guard guard(mutex_);
  bool half = false;
  const auto error = before(Op::rename, half);
  if (error && !half) return canaryd::fail(*error);
  const auto found = nodes_.find(from);
  if (found == nodes_.end()) return canaryd::fail(Error::not_found("rename " + from));
  auto node = found->second;
  nodes_.erase(found);
  nodes_[to] = std::move(node);
  if (error) return canaryd::fail(*error);
  return {};
}

Status MemoryFiles::sync_directory(const std::string& path) {
  const std::lock_guard guard(mutex_);
  bool half = false;
  if (const auto error = before(Op::sync_directory, half)) return canaryd::fail(*error);
  const auto inside = [&](const std::string& name) {
    return name.starts_with(path + "/") && name.find('/', path.size() + 1) == std::string::npos;
  };
  std::erase_if(names_on_disk_, [&](const auto& entry) { return inside(entry.first); });
  for (const auto& [name, node] : nodes_) {
    if (inside(name)) names_on_disk_[name] = node;
  }
  return {};
}

Result<Space> MemoryFiles::space(const std::string& /*path*/) {
  const std::lock_guard guard(mutex_);
  if (crashed_) return canaryd::fail(Error::io("crashed"));
  std::uint64_t used = 0;
  for (const auto& [path, node] : nodes_) used += node->allocated;
  const std::uint64_t available = free_.value_or(1ULL << 40U);
  return Space{used + available, available};
}

void MemoryFiles::give_back(const Node& node) {
  if (free_) *free_ += node.allocated;
}

Result<std::unique_ptr<File>> MemoryFiles::lock(const std::string& path) {
  const std::lock_guard guard(mutex_);
  if (crashed_) return canaryd::fail(Error::io("crashed"));
  if (!locks_.insert(path).second) return canaryd::fail(Error::io(path + " is in use by another process"));
  return std::make_unique<MemoryFile>(*this, std::make_shared<Node>(), path);
}

void MemoryFiles::fail(Op op, int nth, int error) { failures_[op] = {nth, error}; }

void MemoryFiles::restart(Lost lost) {
  const std::lock_guard guard(mutex_);
  ++life_;
  crashed_ = false;
  crash_in_ = 0;
  failures_.clear();
  locks_.clear();
  if (lost == Lost::nothing) return;
  if (lost == Lost::first_half) {
    names_on_disk_ = nodes_;
  } else {
    nodes_ = names_on_disk_;
  }
  for (auto& [path, node] : nodes_) lose(*node, lost);
}

void MemoryFiles::lose(Node& node, Lost lost) {
  const std::size_t from = std::min(node.dirty_from, node.cache.size());
  const std::size_t middle = from + (node.cache.size() - from) / 2;
  std::string& disk = node.disk;
  if (lost != Lost::all && middle < node.cache.size()) {
    disk.resize(std::max(disk.size(), from), '\0');
    if (lost == Lost::second_half) disk.replace(from, std::string::npos, node.cache.substr(from, middle - from));
    if (lost == Lost::first_half) {
      disk.replace(from, std::string::npos, std::string(middle - from, '\0') + node.cache.substr(middle));
    }
  }
  node.cache = disk;
  node.dirty_from = disk.size();
  node.allocated = disk.size();
}

void MemoryFiles::put(const std::string& path, const std::string& bytes) {
  const std::lock_guard guard(mutex_);
  auto& node = nodes_[path];
  if (!node) node = std::make_shared<Node>();
  node->cache = node->disk = bytes;
  node->dirty_from = bytes.size();
  node->allocated = bytes.size();
  names_on_disk_[path] = node;
}

void MemoryFiles::take_away(const std::string& path) {
  const std::lock_guard guard(mutex_);
  nodes_.erase(path);
  names_on_disk_.erase(path);
}

std::vector<std::string> MemoryFiles::paths() const {
  const std::lock_guard guard(mutex_);
  std::vector<std::string> all;
  for (const auto& [path, node] : nodes_) all.push_back(path);
  return all;
}

}  // namespace canaryd::audit::test
