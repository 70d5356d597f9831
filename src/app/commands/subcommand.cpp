#include "subcommand.hpp"

#include <CLI/App.hpp>

namespace canaryd::app {

bool Subcommand::given() const { return command_->parsed(); }

}  // namespace canaryd::app
