#pragma once

#include <chrono>

namespace canaryd::web {

// How long each part of a connection's life may take.
struct Timing {
  std::chrono::milliseconds handshake{3'000};
  std::chrono::milliseconds request{10'000};     // from a request's first byte to its answer's last
  std::chrono::milliseconds first_idle{10'000};  // before the first admitted request
  std::chrono::milliseconds idle{300'000};       // between requests: Alertmanager keeps its side that long
  std::chrono::milliseconds linger{1'000};
};

}  // namespace canaryd::web
