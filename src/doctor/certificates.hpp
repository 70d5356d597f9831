#pragma once

#include <string>
#include <vector>

#include "canaryd/base/clock.hpp"
#include "canaryd/doctor/finding.hpp"

// The certificate that canaryd serves. Pure, on the files' texts.
namespace canaryd::doctor {

struct TlsTexts {
  std::string certificate;  // PEM, the chain
  std::string key;
  std::string client_ca;  // empty: none
  std::string ca;         // of the certificate; empty: not known
};

// Whether it is a chain, the key is its own, it is valid now and for some time, and it names the hosts by which canaryd
// is called (an empty list: none is known).
Findings check_certificates(const TlsTexts& texts, const std::vector<std::string>& hosts, WallTime now);

}  // namespace canaryd::doctor
