#pragma once

#include <string>

namespace canaryd {

// A text that is wiped when it goes, such as that of a private key. Copies that others made of it are not.
class Secret {
 public:
  explicit Secret(std::string text);
  ~Secret();
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace canaryd
