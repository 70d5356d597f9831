#pragma once

#include <atomic>
#include <functional>
#include <string>

#include "address.hpp"
#include "api.hpp"
#include "canaryd/base/error.hpp"

namespace canaryd::sandbox {

// Serves `api` over plain HTTP until `stop`; `ready` is told the port once connections are accepted. Errors: io.
Status serve(Api& api, const Address& address, const std::atomic<bool>& stop, const std::function<void(int)>& ready);

}  // namespace canaryd::sandbox
