#include "report_document.hpp"

#include <utility>

#include "report_sentences.hpp"
#include "story_words.hpp"

namespace canaryd::audit {

namespace {

using Kind = Block::Kind;

class Document {
 public:
  void title(std::string text) { add(Kind::title, std::move(text)); }
  void heading(std::string text) { add(Kind::heading, std::move(text)); }
  void subheading(std::string text) { add(Kind::subheading, std::move(text)); }
  void paragraph(std::string text) { add(Kind::paragraph, std::move(text)); }
  void list(std::vector<std::string> items) {
    if (!items.empty()) blocks_.push_back({Kind::list, "", std::move(items), {}});
  }
  void table(std::vector<std::vector<std::string>> rows) { blocks_.push_back({Kind::table, "", {}, std::move(rows)}); }

  // A section with one sentence for each item.
  template <class Item, class Sentence>
  void section(const std::string& name, const Bounded<Item>& list_of, const std::string& none, Sentence sentence) {
    heading(name);
    if (list_of.items.empty()) paragraph(none);
    std::vector<std::string> items;
    items.reserve(list_of.items.size());
    for (const auto& item : list_of.items) items.push_back(sentence(item));
    list(std::move(items));
    omitted(list_of.omitted);
  }
  void omitted(std::uint64_t count) {
    if (count > 0) paragraph("And " + std::to_string(count) + " more, which are not listed: ask for a shorter period.");
  }
  std::vector<Block> take() { return std::move(blocks_); }

 private:
  void add(Kind kind, std::string text) { blocks_.push_back({kind, std::move(text), {}, {}}); }
  std::vector<Block> blocks_;
};

std::string period_words(const Report& report) {
  const std::string since = report.since ? "from " + moment(*report.since) : std::string("from the log's beginning");
  const std::string until = report.until ? "to " + moment(*report.until) : std::string("to its end");
  return "Period: " + since + " " + until + ". All times are UTC. Made at " + moment(report.made) + ".";
}

std::string coverage_words(const Report& report) {
  if (!report.first_record) return "There is no record in this period.";
  return std::to_string(report.sums.records) + " records, the first at " + moment(*report.first_record) +
         ", the last at " + moment(*report.last_record) + ".";
}

void add_sums(Document& document, const Report& report) {
  const auto& sums = report.sums;
  const auto number = [](std::uint64_t value) { return std::to_string(value); };
  const auto time = [](const auto& value) { return value ? duration(*value) : std::string("-"); };
  document.table({{"what", "how many"},
                  {"rollouts", number(sums.rollouts)},
                  {"rollbacks applied", number(sums.rollbacks)},
                  {"rollbacks sent and not known to be applied", number(sums.rollbacks_bad)},
                  {"from the first notification to the rollback, median", time(sums.median_to_act)},
                  {"from the first notification to the rollback, longest", time(sums.longest_to_act)},
                  {"steps forward", number(sums.advances)},
                  {"promotions", number(sums.promotions)},
                  {"returns to the first stage", number(sums.restarts)},
                  {"writes that status did not show in time", number(sums.unconfirmed)},
                  {"observations of what others did", number(sums.observations)},
                  {"commands by hand", number(sums.commands)},
                  {"guards passed over by hand", number(sums.overrides)},
                  {"holds and stops", number(sums.holds)},
                  {"refused requests", number(sums.refused_requests)},
                  {"gaps in the record", number(sums.gaps)},
                  {"time without a running canaryd", duration(sums.not_running)}});
}

void add_verdict(Document& document, const Report& report) {
  document.heading("Is the log as it was written");
  if (!report.verdict) return document.paragraph("Not known: it could not be verified: " + report.not_verified + ".");
  document.paragraph(verdict_sentence(*report.verdict));
  document.list(verdict_lines(*report.verdict));
}

void add_rollouts(Document& document, const Report& report) {
  document.heading("Rollouts");
  if (report.rollouts.items.empty()) document.paragraph("None in this period.");
  for (const auto& rollout : report.rollouts.items) {
    document.subheading(rollout.service + ": " + rollout.component + " " + rollout.revision);
    document.paragraph(rollout_sentence(rollout));
    std::vector<std::string> steps;
    steps.reserve(rollout.steps.size());
    for (const auto& step : rollout.steps) steps.push_back(step_sentence(step));
    document.list(std::move(steps));
    document.omitted(rollout.omitted_steps);
  }
  document.omitted(report.rollouts.omitted);
}

void add_refusals(Document& document, const Report& report) {
  document.heading("Refused requests");
  if (report.refusals.items.empty()) return document.paragraph("None in this period.");
  std::vector<std::vector<std::string>> rows{{"from", "reason", "requests", "first", "last"}};
  for (const auto& sum : report.refusals.items) {
    rows.push_back({sum.peer, sum.reason, std::to_string(sum.requests), moment(sum.first), moment(sum.last)});
  }
  document.table(std::move(rows));
  document.omitted(report.refusals.omitted);
}

}  // namespace

std::vector<Block> document_of(const Report& report) {
  Document document;
  document.title("Audit report: " + report.directory + (report.log_id.empty() ? "" : ", log " + report.log_id));
  document.paragraph(period_words(report));
  document.paragraph(coverage_words(report));
  add_sums(document, report);
  add_verdict(document, report);
  document.section("Rollbacks", report.rollbacks, "None in this period.", rollback_sentence);
  document.section("Commands by hand", report.commands, "None in this period.", command_sentence);
  document.section("Holds and stops", report.holds, "None in this period.", hold_sentence);
  add_refusals(document, report);
  document.section("Gaps in the record", report.gaps, "None in this period.", gap_sentence);
  add_rollouts(document, report);
  return document.take();
}

}  // namespace canaryd::audit
