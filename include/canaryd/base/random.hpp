#pragma once

#include <string>

namespace canaryd {

// 128 bits from the operating system (getrandom), as 32 hexadecimal digits: ids of decisions and logs. Ends the process
// if the system has no randomness, which a running Linux always has.
std::string random_id();

}  // namespace canaryd
