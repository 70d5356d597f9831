#include "report_cut.hpp"

#include <utility>

#include "canaryd/audit/redaction.hpp"
#include "story_words.hpp"

namespace canaryd::audit {

namespace {

void shorten(std::string& text, std::size_t limit = bounds::name) { text = cut(std::move(text), limit); }

template <class Item>
void shorten(std::vector<Item>& items, std::size_t limit) {
  if (items.size() > limit) items.resize(limit);
}

void shorten(Pairs& pairs) {
  shorten(pairs, bounds::details);
  for (auto& [name, value] : pairs) {
    shorten(name);
    shorten(value);
  }
}

void shorten(AlertRef& alert) {
  for (auto* text : {&alert.name, &alert.status, &alert.fingerprint, &alert.starts_at, &alert.value}) shorten(*text);
  shorten(alert.labels);
}

void shorten(Change& change) {
  for (auto* text : {&change.component, &change.canary, &change.stable}) shorten(*text);
}

}  // namespace

Record cut(Record record) {
  for (auto* text :
       {&record.id, &record.event, &record.action, &record.verdict, &record.reason, &record.actor, &record.peer}) {
    shorten(*text);
  }
  shorten(record.because, bounds::because);
  shorten(record.message, bounds::message);
  if (record.target) {
    for (auto* text : {&record.target->ns, &record.target->name, &record.target->uid}) shorten(*text);
  }
  if (record.api) shorten(record.api->result);
  shorten(record.alerts, bounds::alerts);
  for (auto& alert : record.alerts) shorten(alert);
  shorten(record.guards, bounds::details);
  for (auto& guard : record.guards) shorten(guard.guard);
  shorten(record.changes, bounds::alerts);
  for (auto& change : record.changes) shorten(change);
  shorten(record.details);
  return record;
}

}  // namespace canaryd::audit
