#include <ostream>

#include "canaryd/app/cli.hpp"
#include "canaryd/audit/verify.hpp"
#include "canaryd/base/text.hpp"
#include "commands.hpp"

namespace canaryd::app {

int verify_audit(const std::string& directory, std::ostream& out, std::ostream& err) {
  const auto verdict = audit::verify(directory);
  if (!verdict) {
    err << "canaryd: " << escaped(verdict.error().message, 1024) << "\n";
    return exit_failed;
  }
  for (const auto& fault : verdict->faults) {
    out << escaped(fault.file, 4096) << ":" << fault.line << ": " << escaped(fault.what, 1024) << " (byte "
        << fault.byte << ")\n";
  }
  for (const auto& note : verdict->notes) out << "note: " << escaped(note, 1024) << "\n";
  for (const auto& id : verdict->open_intents) out << "intent without outcome: " << escaped(id) << "\n";
  out << (verdict->intact ? "integrity: intact" : "integrity: BROKEN") << ", records " << verdict->records << ", log "
      << escaped(verdict->log_id) << ", head " << escaped(verdict->head) << "\n";
  return verdict->intact ? exit_done : exit_integrity;
}

}  // namespace canaryd::app
