#pragma once

#include <functional>
#include <string>
#include <vector>

#include "canaryd/alert/mapping.hpp"
#include "canaryd/alert/notification.hpp"
#include "canaryd/base/clock.hpp"
#include "canaryd/base/strong.hpp"

namespace canaryd::engine {

// Who brought a notification, and until when an answer is due.
struct Delivery {
  std::string actor;                  // the authenticated client's name, "token:am" or "san:dns:..."
  std::string peer;                   // its address from the socket, with port
  std::vector<Namespace> namespaces;  // those it may act on; empty: all
  alert::UrlTarget url;               // ?namespace=&inferenceservice=
  SteadyTime deadline;                // 8 s after the request began
};

// What Alertmanager is told: 200 (decided, recorded, and done or rightly not done) or 503 (try again). `text` is one
// short line without secrets: Alertmanager logs it.
struct Answer {
  int status = 200;
  std::string text;
};

using NotificationHandler = std::function<Answer(alert::Notification, const Delivery&)>;

}  // namespace canaryd::engine
