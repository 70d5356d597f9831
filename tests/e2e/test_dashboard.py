"""Every query of the chart's Grafana dashboard, asked of a real Prometheus that saw a rollback, a promotion and what goes
wrong between: panels, annotations, variables.

There is no Grafana here. What it does with a query is done as its documentation says: variables are put in as text, a
panel asks for a range, an annotation takes the value for its time.
"""
import json
import math
import os
import re
import ssl
import subprocess
import time
import unittest

from lab import net, timeline
from lab.chain import Chain
from lab.cluster import tools
from lab.operated import Operated
from lab.procs import temp_folder
from lab.prometheus import source_folder
from lab.rules import faster, faster_route, rendered_rules

FASTER = 10
NAMESPACE, PROMOTED, SICK, LOWERED = "ml", "wine", "digits", "iris"
SERVICES = (PROMOTED, SICK, LOWERED)
ALL = ".+"  # the variables' allValue
# Nobody waits for them here.
OVERRIDES = [word for guard in ("warming_up", "dwell", "gate_unknown", "gate_failed") for word in ("--override", guard)]
MORE = """  key_files: [{key}]
prometheus:
  url: http://127.0.0.1:{port}
policies:
  - name: default
    thresholds:
      latency_seconds: 2
    promotion:
      enabled: true
      stages: [50, 100]
      dwell: 15s
      short_dwell: true
"""


def revision(service, number=2):
    return f"{service}-predictor-0000{number}"


class Dashboard:
    """The dashboard as it is shipped."""

    def __init__(self):
        self.json = json.loads((source_folder() / "charts/canaryd/dashboards/canaryd.json").read_text())
        self.panels = [panel for panel in self.json["panels"] if panel["type"] != "row"]
        self.annotations = self.json["annotations"]["list"]
        self.variables = [v for v in self.json["templating"]["list"] if v["type"] == "query"]

    def panel_queries(self):
        """(panel's title, query) of each."""
        return [(panel["title"], target) for panel in self.panels for target in panel["targets"]]

    def queries_about_canaries(self):
        """Those of the first row."""
        end = next(panel["gridPos"]["y"] for panel in self.json["panels"] if panel["title"] == "Decisions")
        titles = {panel["title"] for panel in self.panels if panel["gridPos"]["y"] < end}
        return [(title, target) for title, target in self.panel_queries() if title in titles]

    def expression(self, title, legend):
        """The query of a panel whose legend has this in it."""
        return next(target["expr"] for name, target in self.panel_queries()
                    if name == title and legend in target["legendFormat"])


def filled_in(text, namespace=ALL, service=ALL):
    """As Grafana does it. What is left of a variable is a fault."""
    for name, value in (("$namespace", namespace), ("$service", service), ("$__rate_interval", "30s")):
        text = text.replace(name, value)
    if "$" in text:
        raise AssertionError(f"a variable that is not known: {text}")
    return text


def worded(text, labels):
    """A legend or title with its labels put in; a KeyError for one that the series does not have."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels[found[1]], text)


class Story:
    """What happens, from three canaries at 50 % on; `start` and `end` are what a person chooses at the top right."""

    def __init__(self, chain, folder):
        self.prometheus, self.canaryd, self.start = chain.prometheus, chain.canaryd, time.time()
        asked = chain.prometheus.query
        chain.wait("prometheus", lambda: len(asked('canary:stable_confidence:mean2m{job=""}')) == len(SERVICES), 60,
                   "the rules know what canaries and stable revisions do")
        self._a_stranger_asks(folder)
        self._by_hand(chain, "advance")
        chain.sandbox.behave(NAMESPACE, revision(SICK), error_ratio=1)
        chain.sandbox.percent(NAMESPACE, LOWERED, 20)
        last_stage = (f'canaryd_rollout_share_since_timestamp_seconds{{inferenceservice="{PROMOTED}"}} and on (revision)'
                      ' canaryd_rollout_traffic_percent == 100')
        chain.wait("prometheus", lambda: asked(last_stage), 60, "the last stage is scraped")
        self._by_hand(chain, "promote")
        for series, service in (("rollback", SICK), ("promotion", PROMOTED), ("observation", LOWERED)):
            text = f'canaryd_last_{series}_timestamp_seconds{{job="canaryd",inferenceservice="{service}"}}'
            chain.wait("prometheus", lambda text=text: asked(text), 60, f"the {series} of {service} is scraped")
        for what, text in (("a heartbeat", 'canaryd_heartbeat_timestamp_seconds{job="canaryd"} > 0'),
                           ("a patch", 'increase(canaryd_patch_seconds_count{job="canaryd"}[10m]) > 0')):
            chain.wait("prometheus", lambda text=text: asked(text), 60, f"{what} is scraped")
        # The last step of a range may be a second before its end.
        self.end = time.time() + 1
        chain.wait("prometheus", lambda: time.time() > self.end, 10, "one more second")

    def _a_stranger_asks(self, folder):
        answer = net.request("POST", self.canaryd.webhook_url, {},
                             context=ssl.create_default_context(cafile=folder / "pki/ca.crt"))
        if answer.status != 401:
            raise AssertionError(f"a stranger was answered {answer}")

    def _by_hand(self, chain, word):
        said = []

        def done():
            said[:] = self.canaryd.command(word, f"{NAMESPACE}/{PROMOTED}", "--reason", "a test", *OVERRIDES)
            return said[0] == 0

        try:
            chain.wait("canaryd", done, 30, f"{word} by hand")
        except AssertionError as failed:
            raise AssertionError(f"{failed}; the last answer: {said}") from failed

    def ask(self, expression, **chosen):
        return self.prometheus.query_range(filled_in(expression, **chosen), self.start, self.end, 1)

    def applied(self, action):
        """When patches of this kind were applied, by their audit records: {record id: Unix time}."""
        return {r["id"]: timeline.at(r["time"]).timestamp() for r in self.canaryd.records()
                if r["kind"] == "outcome" and r["action"] == action and r["api"]["result"] == "applied"}


def setUpModule():
    global story
    folder = unittest.enterModuleContext(temp_folder())
    key, port = folder / "key.pem", net.free_port()
    subprocess.run([os.environ["CANARYD"], "audit", "key", "generate", "--out", key], check=True, capture_output=True)
    services = [{"namespace": NAMESPACE, "name": name, "requests_per_second": 1000, "canary": {"percent": 50}}
                for name in SERVICES]
    chain = unittest.enterModuleContext(Chain(
        os.environ["CANARYD"], tools(), folder, interval=1, scenario={"services": services}, prometheus_port=port,
        rules=rendered_rules(folder / "rules", lambda text: faster(text, FASTER)), served=Operated,
        route=lambda text: faster_route(text, FASTER), more=MORE.format(key=key, port=port)))
    story = Story(chain, folder)


class Queries(unittest.TestCase):
    dashboard = Dashboard()

    def test_of_panels_return_series_whose_labels_the_legend_names(self):
        for title, target in self.dashboard.panel_queries():
            with self.subTest(title, legend=target["legendFormat"]):
                found = story.ask(target["expr"])
                self.assertTrue([value for _, values in found for _, value in values if math.isfinite(value)],
                                f"no value: {target['expr']}")
                shown = [worded(target["legendFormat"], labels) for labels, _ in found]
                self.assertEqual(len(set(shown)), len(shown), "two lines cannot be told apart")

    def test_keep_to_the_chosen_service(self):
        for title, target in self.dashboard.queries_about_canaries():
            with self.subTest(title, legend=target["legendFormat"]):
                found = story.ask(target["expr"], service=SICK)
                self.assertEqual({labels["inferenceservice"] for labels, _ in found}, {SICK})
                self.assertEqual(story.ask(target["expr"], namespace="other"), [])

    def test_show_the_rollback(self):
        shares = dict(self.lines("Traffic split", service=SICK))
        self.assertEqual(set(shares), {f"{NAMESPACE}/{revision(SICK)}, canary", f"{NAMESPACE}/{revision(SICK, 1)}, stable"})
        canary = shares[f"{NAMESPACE}/{revision(SICK)}, canary"]
        self.assertEqual((canary[0], canary[-1], set(canary)), (50, 0, {50, 0}))
        errors = [value for labels, values in story.ask(self.dashboard.expression("Error ratio", "canary"), service=SICK)
                  for _, value in values]
        limit = self.last("Error ratio", service=SICK)[f"{NAMESPACE}/{SICK} predictor, limit"]
        self.assertLess(min(errors), limit)
        self.assertGreater(max(errors), limit)

    def test_show_what_held_and_what_was_done(self):
        self.assertIn(f"{NAMESPACE}/{revision(LOWERED)}: lowered_by_hand", self.last("What holds the next step"))
        done = {legend for legend, values in self.lines("Decisions by reason") if max(values) > 0}
        self.assertLessEqual({"rollback: act rolled_back", "advance: act advanced", "promote: act promoted"}, done)
        refused = dict(self.lines("Webhook and API"))["refused: unauthenticated"]
        self.assertGreaterEqual(max(refused), 1, "the first of a counter is not seen")

    def test_show_a_canaryd_that_is_well_and_one_that_is_stopped(self):
        state = {legend: max(values) for legend, values in self.lines("State")}
        self.assertEqual(list(state.values()), [1] * 8, state)
        story.canaryd.command("stop", "--reason", "a test")
        stopped = self.dashboard.expression("State", "not stopped")
        net.wait_until(lambda: [value for _, value in story.prometheus.query(filled_in(stopped))] == [0], 20, "the stop shows")

    def lines(self, title, **chosen):
        """(legend, values) of each line of a panel, as a person reads them."""
        for name, target in self.dashboard.panel_queries():
            if name == title:
                for labels, values in story.ask(target["expr"], **chosen):
                    yield worded(target["legendFormat"], labels), [value for _, value in values]

    def last(self, title, **chosen):
        return {legend: values[-1] for legend, values in self.lines(title, **chosen)}


class Annotations(unittest.TestCase):
    dashboard = Dashboard()

    def moments(self, name):
        """{(title, text): its times} of an annotation."""
        annotation = next(one for one in self.dashboard.annotations if one["name"] == name)
        found = {}
        for labels, values in story.ask(annotation["expr"]):
            words = tuple(worded(annotation[key], labels) for key in ("titleFormat", "textFormat"))
            found.setdefault(words, set()).update(value / 1000 for _, value in values)
        return found

    def test_of_acts_stand_at_the_time_of_their_audit_record(self):
        for name, action, service in (("Rolled back", "rollback", SICK), ("Promoted", "promote", PROMOTED)):
            with self.subTest(name):
                ((record, moment),) = story.applied(action).items()
                ((words, times),) = self.moments(name).items()
                self.assertEqual(words, (f"{NAMESPACE}/{service} {name.lower()}",
                                         f"predictor {revision(service)}, audit record {record}"))
                self.assertEqual(len(times), 1)
                self.assertAlmostEqual(times.pop(), moment, delta=2)

    def test_of_shares_name_them(self):
        ((_, moment),) = story.applied("advance").items()
        times = self.moments("New share")[f"{NAMESPACE}/{PROMOTED} at 100 %", f"predictor {revision(PROMOTED)}"]
        self.assertAlmostEqual(max(times), moment, delta=2)

    def test_of_what_others_did_say_what(self):
        self.assertIn((f"{NAMESPACE}/{LOWERED}: lowered_by_hand", f"predictor {revision(LOWERED)}"),
                      self.moments("By others"))

    def test_are_these(self):
        self.assertEqual({one["name"] for one in self.dashboard.annotations},
                         {"Rolled back", "Promoted", "New share", "By others"})
        self.assertTrue(all(one["useValueForTime"] for one in self.dashboard.annotations))


class Variables(unittest.TestCase):
    def test_offer_what_had_a_canary(self):
        offered = {}
        for variable in Dashboard().variables:
            selector, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
            offered[variable["name"]] = story.prometheus.label_values(label, filled_in(selector), story.start, story.end)
        self.assertEqual(offered, {"namespace": [NAMESPACE], "service": sorted(SERVICES)})


if __name__ == "__main__":
    unittest.main()
