#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "canaryd/audit/checkpoint.hpp"
#include "key_lab.hpp"
#include "rotation_lab.hpp"

namespace canaryd::audit::test {

inline const std::string checkpoints = path_in(folder, checkpoints_name);

// Segments 0, 2 and 4 closed with two records each, 6 open with one.
struct StartLab : RotatingLab {
  std::string id;
  std::vector<std::string> before;

  StartLab() {
    const auto log = this->log();
    for (const auto* name : {"a", "b", "c"}) REQUIRE(log->append(decision(name)));
    id = log->log_id();
    before = all_lines();
    REQUIRE(segments().size() == 4);
    for (const auto& path : files.paths()) files.put(path, files.content(path));  // all of it is on the disk
    settings.rotate_size = Settings().rotate_size;
  }
  void checkpoint(const TreeHead& head, const std::string& of) {
    std::vector<SigningKey> keys;
    keys.push_back(test_key());
    files.put(checkpoints, sign_checkpoint("canaryd/" + of, head, keys, clock.now()) + "\n");
  }
  TreeHead head(std::size_t size) const {
    return head_of({before.begin(), before.begin() + static_cast<std::ptrdiff_t>(size)});
  }
  std::vector<Record> recovered() const {
    std::vector<Record> all;
    for (const auto& line : all_lines()) {
      if (auto record = parse_line(line).value(); record.event == "recovered") all.push_back(std::move(record));
    }
    return all;
  }
  std::string lost() const { return path_in(folder, "lost-" + id); }
};

}  // namespace canaryd::audit::test
