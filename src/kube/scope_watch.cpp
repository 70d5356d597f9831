#include "scope_watch.hpp"

#include <malloc.h>

#include <algorithm>

namespace canaryd::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto page_deadline = seconds(15);
// A watch that was open that long was a success: the delays begin anew.
constexpr auto long_enough = seconds(5);
// A server that ends each watch at once is not asked again at once.
constexpr auto too_short = seconds(1);
// A Retry-After beyond it is taken for nonsense.
constexpr auto longest_retry_after = seconds(60);
// A resourceVersion that the server answers with errors only is given up: when the cluster's store was restored to an
// older state, kube-apiserver answers a newer one with 504 "Too large resource version" for ever.
constexpr int refusals_before_listing = 5;

// Status codes after which the same resourceVersion may still be watched: the server is busy or broken for the moment.
bool passing(int code) { return code == 429 || code >= 500; }

bool loses_place(ErrorKind kind) {
  return kind == ErrorKind::gone || kind == ErrorKind::invalid || kind == ErrorKind::rejected ||
         kind == ErrorKind::not_found;
}

}  // namespace

ScopeWatch::ScopeWatch(KubeApi& api, Namespace scope, ObjectSink& sink, ScopeState& state, Stopper& stopper,
                       const Clock& clock, Logger& log, Metrics& metrics)
    : api_(api),
      scope_(std::move(scope)),
      sink_(sink),
      state_(state),
      stopper_(stopper),
      clock_(clock),
      log_(log),
      metrics_(metrics),
      events_(metrics.counter("canaryd_watch_events_total", "Events and bookmarks received from the API server")) {}

void ScopeWatch::run() {
  while (!stopper_.stopped()) {
    if (resource_version_.empty()) {
      auto listed = list();
      if (!listed) {
        pause("list", name_of(listed.error().kind), listed.error());
        continue;
      }
      resource_version_ = std::move(*listed);
    }
    after(watch());
  }
}

Result<std::string> ScopeWatch::list() {
  sink_.list_began(scope_);
  std::string continue_token;
  std::size_t pages = 0;
  for (;;) {
    auto mark = one_page(continue_token);
    if (!mark) return fail(mark.error());
    ++pages;
    if (mark->continue_token.empty()) {
      sink_.list_done(scope_);
      state_.listed();
      count_list("ok");
      log_.info("watch_listed", {{"scope", scope_name()}, {"pages", pages}});
      // The pages' memory lies scattered between what the sink kept of them: glibc gives it back only when asked, and
      // would hold about a page's tree of JSON for good.
      ::malloc_trim(0);
      return std::move(mark->resource_version);
    }
    continue_token = std::move(mark->continue_token);
  }
}

Result<PageMark> ScopeWatch::one_page(const std::string& continue_token) {
  auto body = api_.list_until_stopped(scope_, continue_token, std::chrono::steady_clock::now() + page_deadline,
                                      stopper_.flag());
  if (!body) {
    // In the middle of a list 410 says that its continue token has expired: the list begins anew.
    if (body.error().kind != ErrorKind::cancelled) {
      count_list(body.error().kind == ErrorKind::gone ? "expired" : "error");
    }
    return fail(body.error());
  }
  auto mark = sink_.page(scope_, *body);
  if (mark && mark->resource_version.empty()) {
    mark = fail(Error::invalid("a page of the list names no resourceVersion"));
  }
  if (mark && !mark->continue_token.empty() && mark->continue_token == continue_token) {
    mark = fail(Error::invalid("a page of the list continues with itself"));
  }
  if (!mark) count_list("unreadable");
  return mark;
}

ScopeWatch::Ending ScopeWatch::watch() {
  Ending ending;
  opened_ = false;
  const Status status =
      api_.watch_inferenceservices(scope_, resource_version_, stopper_.flag(),
                                   [this, &ending](std::string_view line) { return take(line, ending); });
  state_.watch_lost();
  if (opened_) ending.open = std::chrono::duration_cast<milliseconds>(clock_.steady() - opened_at_);
  if (!ending.reason.empty()) return ending;
  if (status) {
    ending.reason = "ended";
  } else {
    ending.error = status.error();
    ending.reason = name_of(status.error().kind);
    ending.list_again = loses_place(status.error().kind);
  }
  return ending;
}

bool ScopeWatch::take(std::string_view line, Ending& ending) {
  if (!opened_) {
    opened_ = true;
    opened_at_ = clock_.steady();
    state_.watch_opened();
  }
  if (line.empty()) return true;  // says only that it is open
  auto mark = sink_.event(scope_, line);
  if (!mark) {
    ending.reason = "unreadable";
    ending.error = mark.error();
    ending.list_again = true;
    return false;
  }
  if (mark->error_code != 0) {
    ending.reason = mark->error_code == 410 ? "gone" : "error_event";
    ending.error.kind = mark->error_code == 410 ? ErrorKind::gone : ErrorKind::unavailable;
    ending.error.message = "the watch answered with an error event of code " + std::to_string(mark->error_code);
    ending.list_again = !passing(mark->error_code);
    return false;
  }
  if (!mark->resource_version.empty()) resource_version_ = std::move(mark->resource_version);
  ending.events = true;
  events_.add();
  state_.event();
  return true;
}

void ScopeWatch::after(const Ending& ending) {
  if (stopper_.stopped()) return;
  metrics_
      .counter("canaryd_watch_restarts_total", "Watches that ended and were opened anew, by reason",
               {{"reason", ending.reason}})
      .add();
  const bool worked = ending.open >= long_enough || (ending.events && !ending.list_again);
  if (worked) backoff_.reset();
  const bool refused = ending.reason == "error_event" || ending.error.http_status != 0;
  refusals_ = worked ? 0 : refusals_ + (refused ? 1 : 0);
  if (ending.list_again || refusals_ >= refusals_before_listing) {
    resource_version_.clear();
    refusals_ = 0;
  }
  if (ending.reason == "ended") {
    if (ending.events || ending.open >= too_short) return;
    return pause("watch", ending.reason, Error::unavailable("the server ended the watch at once"));
  }
  pause("watch", ending.reason, ending.error);
}

void ScopeWatch::pause(const char* step, const std::string& reason, const Error& error) {
  if (stopper_.stopped()) return;
  const auto delay =
      std::max<milliseconds>(backoff_.next(), std::min<milliseconds>(error.retry_after, longest_retry_after));
  state_.failed(std::string(step) + " of " + scope_name() + ": " + error.message);
  log_.warn("watch_failed", {{"step", step},
                             {"scope", scope_name()},
                             {"reason", reason},
                             {"status", error.http_status},
                             {"error", error.message},
                             {"retry_ms", static_cast<std::int64_t>(delay.count())}});
  stopper_.wait_for(delay);
}

void ScopeWatch::count_list(const char* result) {
  metrics_.counter("canaryd_watch_lists_total", "Lists of InferenceServices, by result", {{"result", result}}).add();
}

}  // namespace canaryd::kube
