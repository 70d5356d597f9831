#include <ostream>
#include <string>

#include "canaryd/app/cli.hpp"
#include "canaryd/base/text.hpp"
#include "commands.hpp"

namespace canaryd::app {

namespace {

std::string path_of(const ActOptions& options) {
  const std::string verb = engine::name_of(options.verb);
  if (!options.target) return "/api/v1/" + verb;
  return "/api/v1/rollouts/" + options.target->str() + "/" + verb;
}

}  // namespace

int act(const ApiConnection& connection, const ActOptions& options, std::ostream& out, std::ostream& err) {
  const auto response = ask(connection, http::Method::post, path_of(options), web::act_json(options.body));
  if (!response) {
    err << "canaryd: " << one_line(response.error().message) << "\n";
    if (response.error().kind == ErrorKind::outcome_unknown) {
      err << "canaryd: it may have been done: canaryd rollouts and the audit log show it\n";
    }
    return exit_failed;
  }
  if (response->status != 200) {
    err << "canaryd: " << refusal_text(*response) << "\n";
    return exit_failed;
  }
  const auto answer = web::read_answer(response->body);
  if (!answer) {
    err << "canaryd: the answer cannot be read: " << one_line(answer.error().message) << "\n";
    return exit_failed;
  }
  out << one_line(answer->message) << "\n";
  if (!answer->id.empty()) out << "record " << escaped(answer->id) << "\n";
  return exit_done;
}

}  // namespace canaryd::app
