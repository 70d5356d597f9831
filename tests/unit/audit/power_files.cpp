#include "power_files.hpp"

#include <algorithm>
#include <cerrno>

namespace canaryd::audit::test {

using canaryd::fail;

namespace {

constexpr std::size_t page = 64;  // small, so that a short log has many

Error no_power() { return Error::io("no power"); }

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

bool chosen(std::mt19937& random) { return (random() & 1U) != 0; }

}  // namespace

class PowerFile final : public File {
 public:
  PowerFile(PowerFiles& files, std::shared_ptr<PowerFiles::Node> node, std::string path, std::string locked = {})
      : files_(files), node_(std::move(node)), path_(std::move(path)), locked_(std::move(locked)), life_(files.life_) {}
  ~PowerFile() override {
    if (!locked_.empty() && alive()) files_.locks_.erase(locked_);
  }
  PowerFile(const PowerFile&) = delete;
  PowerFile& operator=(const PowerFile&) = delete;

  Status append(std::string_view bytes) override {
    bool in_part = false;
    if (!alive() || !files_.begins("append " + path_, in_part)) return fail(no_power());
    node_->cache += in_part ? bytes.substr(0, bytes.size() / 2) : bytes;
    if (in_part) return fail(no_power());
    return {};
  }

  Status sync() override {
    bool in_part = false;
    if (!alive() || !files_.begins("sync " + path_, in_part) || in_part) return fail(no_power());
    node_->disk = node_->cache;
    return {};
  }

  Status truncate(std::uint64_t size) override {
    bool in_part = false;
    if (!alive() || !files_.begins("truncate " + path_, in_part)) return fail(no_power());
    node_->cache.resize(size);
    if (in_part) return fail(no_power());
    node_->disk = node_->cache;
    return {};
  }

  Status reserve(std::uint64_t /*bytes*/) override {
    if (!alive()) return fail(no_power());
    return {};
  }

  Status still_at(const std::string& path, std::uint64_t size) override {
    if (!alive()) return fail(no_power());
    const auto found = files_.names_.find(path);
    if (found == files_.names_.end() || found->second != node_) return fail(Error::io(path + " was moved"));
    if (node_->cache.size() != size) return fail(Error::io(path + " was changed"));
    return {};
  }

  Result<std::uint64_t> size() override {
    if (!alive()) return fail(no_power());
    return node_->cache.size();
  }

  Result<std::string> read(std::uint64_t offset, std::size_t length) override {
    if (!alive()) return fail(no_power());
    return offset < node_->cache.size() ? node_->cache.substr(offset, length) : std::string();
  }

 private:
  bool alive() const { return !files_.failed_ && life_ == files_.life_; }

  PowerFiles& files_;
  std::shared_ptr<PowerFiles::Node> node_;
  std::string path_;
  std::string locked_;
  int life_;
};

bool PowerFiles::begins(const std::string& what, bool& in_part) {
  if (failed_) return false;
  in_part = fails_in_ > 0 && --fails_in_ == 0;
  if (in_part) {
    failed_ = true;
    last_operation_ = what;
  }
  return true;
}

void PowerFiles::change_names(const std::string& path, const std::string& other, std::function<void(Names&)> apply) {
  apply(names_);
  pending_.push_back({folder_of(path), folder_of(other), std::move(apply)});
}

// A folder lasts when this returns: its parent is synced.
Status PowerFiles::make_directory(const std::string& path) {
  if (folders_.contains(path)) return {};
  bool in_part = false;
  if (!begins("mkdir " + path, in_part)) return fail(no_power());
  folders_.insert(path);
  if (in_part) return fail(no_power());
  return {};
}

Result<std::vector<std::string>> PowerFiles::list(const std::string& directory) {
  if (failed_) return fail(no_power());
  if (!folders_.contains(directory)) return fail(Error::not_found(directory + ": no such folder"));
  std::set<std::string> found;
  const auto see = [&](const std::string& path) {
    if (folder_of(path) == directory) found.insert(path.substr(directory.size() + 1));
  };
  for (const auto& [path, node] : names_) see(path);
  for (const auto& path : folders_) see(path);
  return std::vector<std::string>(found.begin(), found.end());
}

Result<std::unique_ptr<File>> PowerFiles::open_append(const std::string& path) {
  if (failed_) return fail(no_power());
  if (!names_.contains(path)) return open_write_new(path);
  bool in_part = false;
  if (!begins("open " + path, in_part) || in_part) return fail(no_power());
  // What an earlier descriptor left is written out.
  auto& node = *names_.at(path);
  node.disk = node.cache;
  return std::make_unique<PowerFile>(*this, names_.at(path), path);
}

Result<std::unique_ptr<File>> PowerFiles::open_write_new(const std::string& path) {
  if (failed_) return fail(no_power());
  if (names_.contains(path)) return fail(Error::from_errno("open " + path, EEXIST));
  bool in_part = false;
  if (!begins("create " + path, in_part)) return fail(no_power());
  auto node = std::make_shared<Node>();
  change_names(path, path, [path, node](Names& names) { names[path] = node; });
  if (in_part) return fail(no_power());
  return std::make_unique<PowerFile>(*this, node, path);
}

Result<std::unique_ptr<Reader>> PowerFiles::open_read(const std::string& path) {
  if (failed_) return fail(no_power());
  const auto found = names_.find(path);
  if (found == names_.end()) return fail(Error::from_errno("open " + path, ENOENT));
  return std::make_unique<PowerFile>(*this, found->second, path);
}

Status PowerFiles::remove(const std::string& path) {
  if (!failed_ && !names_.contains(path)) return fail(Error::not_found("unlink " + path));
  bool in_part = false;
  if (!begins("remove " + path, in_part)) return fail(no_power());
  change_names(path, path, [path](Names& names) { names.erase(path); });
  if (in_part) return fail(no_power());
  return {};
}

Status PowerFiles::rename(const std::string& from, const std::string& to) {
  if (!failed_ && !names_.contains(from)) return fail(Error::not_found("rename " + from));
  bool in_part = false;
  if (!begins("rename " + from + " to " + to, in_part)) return fail(no_power());
  change_names(from, to, [from, to, node = names_.at(from)](Names& names) {
    names.erase(from);
    names[to] = node;
  });
  if (in_part) return fail(no_power());
  return {};
}

Status PowerFiles::sync_directory(const std::string& path) {
  bool in_part = false;
  if (!begins("sync folder " + path, in_part) || in_part) return fail(no_power());
  std::erase_if(pending_, [&](NameChange& change) {
    if (change.folder == path) change.folder.clear();
    if (change.other == path) change.other.clear();
    if (!change.folder.empty() || !change.other.empty()) return false;
    change.apply(names_on_disk_);
    return true;
  });
  return {};
}

Result<Space> PowerFiles::space(const std::string& /*path*/) {
  if (failed_) return fail(no_power());
  return Space{1ULL << 40U, 1ULL << 39U};
}

Result<std::unique_ptr<File>> PowerFiles::lock(const std::string& path) {
  if (failed_) return fail(no_power());
  if (!locks_.insert(path).second) return fail(Error::io(path + " is in use by another process"));
  return std::make_unique<PowerFile>(*this, std::make_shared<Node>(), path, path);
}

// Files only grow, but for a truncation, which syncs: what is not on the disk is a tail.
void PowerFiles::lose(Node& node, Ending ending, std::mt19937& random) {
  if (ending == Ending::all_lost || (ending == Ending::some_lost && random() % 4 == 0)) {
    node.cache = node.disk;
  } else if (ending == Ending::some_lost && node.cache.size() > node.disk.size()) {
    const auto synced = node.disk.size();
    node.cache.resize(synced + random() % (node.cache.size() - synced + 1));
    for (auto at = synced; at < node.cache.size(); at += page) {
      if (random() % 3 != 0) continue;
      std::fill_n(node.cache.begin() + static_cast<std::ptrdiff_t>(at), std::min(page, node.cache.size() - at), '\0');
    }
  }
  node.disk = node.cache;
}

void PowerFiles::come_back(Ending ending, std::mt19937& random) {
  for (const auto& change : pending_) {
    if (ending == Ending::killed || (ending == Ending::some_lost && chosen(random))) change.apply(names_on_disk_);
  }
  names_ = names_on_disk_;
  pending_.clear();
  std::set<Node*> seen;
  for (const auto& [path, node] : names_) {
    if (seen.insert(node.get()).second) lose(*node, ending, random);
  }
  locks_.clear();
  fails_in_ = 0;
  failed_ = false;
  ++life_;
}

void PowerFiles::put(const std::string& path, const std::string& bytes) {
  auto node = std::make_shared<Node>();
  node->cache = node->disk = bytes;
  names_[path] = names_on_disk_[path] = node;
  folders_.insert(folder_of(path));
}

std::map<std::string, std::string> PowerFiles::content() const {
  std::map<std::string, std::string> all;
  for (const auto& [path, node] : names_) all[path] = node->cache;
  return all;
}

}  // namespace canaryd::audit::test
