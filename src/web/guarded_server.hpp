#pragma once

#include "canaryd/web/server.hpp"
#include "timing.hpp"

namespace canaryd::web {

// Server::create with other time limits than the fixed ones: tests do not wait for minutes.
Result<std::unique_ptr<Server>> create_guarded_server(const ServerSettings& settings, WebHooks hooks,
                                                      const Clock& clock, Logger& log, Metrics& metrics,
                                                      const Timing& timing);

}  // namespace canaryd::web
