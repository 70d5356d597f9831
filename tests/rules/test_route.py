"""`canaryd route print` and `canaryd route check`, judged by the real amtool.

The configurations of tests/rules/alertmanager are complete files as people have them. amtool says for each, and for
trees made at random, to which receivers an alert goes."""
import concurrent.futures
import json
import random
import re
import subprocess
import unittest

from lab.procs import temp_folder
from lab.routes import CONFIGS, SOURCE, as_argument, canaryd, report, tool

SHIPPED = SOURCE / "rules/alertmanager/canaryd.yaml"

# What each file is there to show: the codes that must be found, and no others.
EXPECTED = {
    "delivery": {"no_authorization", "plain_http", "load_balanced", "insecure", "max_alerts", "redirects",
                 "send_resolved"},
    "deep-tree": {"not_matched", "group_interval", "group_wait", "repeat_interval"},
    "inhibited": {"inhibited", "heartbeat_told", "advance_told"},
    "kube-prometheus": {"no_receiver"},
    "kube-prometheus-canaryd": set(),
    "muted": {"muted", "not_matched", "heartbeat_told"},
    "old-matchers": {"inhibited", "not_matched", "nobody_told"},
    "several-receivers": {"not_matched", "nobody_told"},
    "wrong-order": {"swallowed", "group_by", "group_wait", "group_interval", "repeat_interval"},
}


def amtool_receivers(file, labels):
    """amtool's own verdict: the receivers of an alert, in order."""
    done = subprocess.run([tool("amtool"), "config", "routes", "test", f"--config.file={file}",
                           *[f"{name}={json.dumps(value)}" for name, value in labels.items()]],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"amtool: {done.stdout}{done.stderr}")
    return done.stdout.strip().split(",")


def accepted(file):
    done = subprocess.run([tool("amtool"), "check-config", file], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    return (done.returncode, done.stdout)


VALUES = {
    "alertname": ["CanaryFailing", "CanaryDown", "CanaryHighErrorRate", "CanaryLowConfidence", "CanarydHeartbeat",
                  "Watchdog", "InfoInhibitor", "Canary", "NodeDown"],
    "severity": ["critical", "warning", "info", "none", "page"],
    "namespace": ["ml", "team-a", "team-b", "a-1", "b", "c", "team-"],
    "inferenceservice": ["iris", "x"],
    "component": ["predictor", "explainer"],
    "team": ["ml", "ops"],
    "percent": ["5", "all"],
}


def random_labels(rng):
    labels = {name: rng.choice(values) for name, values in VALUES.items() if rng.random() < 0.7}
    labels.setdefault("alertname", rng.choice(VALUES["alertname"]))
    return labels


def random_matcher(rng):
    label = rng.choice(list(VALUES))
    some = rng.sample(VALUES[label], k=min(2, len(VALUES[label])))
    return rng.choice([f'{label}="{some[0]}"', f'{label}!="{some[0]}"', f'{label} =~ "{"|".join(some)}"',
                       f'{label}!~"{some[0][:2]}.*"', f'{label}=~"{some[0][:1]}.+"', f'{label}=""', f'{label}!=""',
                       f'{{{label}=~"(?i){some[0].upper()}"}}', f'{label}={some[0]}, {label}!={some[-1]}x'])


def random_route(rng, depth):
    route = {"receiver": f"r{rng.randrange(9)}", "continue": rng.random() < 0.4,
             "matchers": [random_matcher(rng) for _ in range(rng.choice([0, 1, 1, 2]))]}
    if rng.random() < 0.2:
        label = rng.choice(list(VALUES))
        route[rng.choice(["match", "match_re"])] = {label: rng.choice(VALUES[label])}
    if rng.random() < 0.2:
        del route["receiver"]  # the parent's
    if depth > 0:
        route["routes"] = [random_route(rng, depth - 1) for _ in range(rng.randrange(4))]
    return route


def random_config(rng):
    """JSON is YAML."""
    root = {"receiver": "r0", "routes": [random_route(rng, 3) for _ in range(rng.randrange(1, 6))]}
    return json.dumps({"route": root, "receivers": [{"name": f"r{i}"} for i in range(9)]}, indent=1)


class Routing(unittest.TestCase):
    """Every alert goes where amtool says."""

    def compare(self, file, label_sets, examples=12):
        """All of the label sets, and some of the examples that the check makes up; each asks amtool once."""
        more = [argument for labels in label_sets for argument in ("--alert", as_argument(labels))]
        ours = report(file, *more)["alerts"]
        self.assertGreaterEqual(len(ours), len(label_sets))
        made, given = ours[:len(ours) - len(label_sets)], ours[len(ours) - len(label_sets):]
        ours = made[::max(1, len(made) // examples)][:examples] + given
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            theirs = pool.map(lambda alert: amtool_receivers(file, alert["labels"]), ours)
            for alert, receivers in zip(ours, theirs):
                self.assertEqual(alert["receivers"], receivers, f"{file.name}: {alert['labels']}")
        return len(ours)

    def test_in_every_configuration(self):
        rng = random.Random(4)
        checked = 0
        for file in [SHIPPED, *sorted(CONFIGS.glob("*.yaml"))]:
            with self.subTest(file.name):
                checked += self.compare(file, [random_labels(rng) for _ in range(10)])
        self.assertGreater(checked, 150)

    def test_in_random_trees(self):
        rng = random.Random(25)
        spread = set()
        with temp_folder() as folder:
            for number in range(8):
                file = folder / f"random-{number}.yaml"
                file.write_text(random_config(rng))
                self.assertEqual(accepted(file)[0], 0, file.read_text())
                self.compare(file, [random_labels(rng) for _ in range(12)], examples=6)
                spread.update(tuple(alert["receivers"]) for alert in report(file)["alerts"])
        self.assertGreater(len(spread), 5)  # they do not all end in the root


ABOVE = {  # a matcher, and labels for which it holds
    'namespace=~"team-[ab].*"': {"namespace": "team-a1"},
    'namespace=~"(team|dept)-.*"': {"namespace": "dept-1"},
    'namespace=~"teams?-.*"': {"namespace": "team-a1"},
    'namespace=~"(?i)TEAM-.*"': {"namespace": "team-a1"},
    'inferenceservice=~"fraud[0-9]+"': {"inferenceservice": "fraud7"},
    'revision=~".+-00003"': {"revision": "fraud7-predictor-00003"},
    'percent="5"': {"percent": "5"},
    'percent=~"[0-9]"': {"percent": "5"},
    'signal="latency_seconds"': {"alertname": "CanaryHighLatency", "signal": "latency_seconds"},
}
CANARY = {"alertname": "CanaryFailing", "severity": "critical", "namespace": "ml", "inferenceservice": "iris",
          "component": "predictor", "revision": "iris-predictor-00002", "percent": "10"}


class Some(unittest.TestCase):
    """What is said of alerts of which no example is made up: amtool has one."""

    def judged(self, routes, labels):
        with temp_folder() as folder:
            file = folder / "alertmanager.yml"
            file.write_text(SHIPPED.read_text().replace("  routes:\n", "  routes:\n" + routes, 1))
            return amtool_receivers(file, {**CANARY, **labels}), report(file)

    def test_a_route_above_takes_some(self):
        for matcher, labels in ABOVE.items():
            with self.subTest(matcher):
                receivers, answer = self.judged(f"    - {{receiver: people, matchers: ['{matcher}']}}\n", labels)
                self.assertEqual(receivers, ["people"])
                self.assertFalse(answer["arrives"])
                self.assertTrue(any(f["code"] == "swallowed" and matcher in f["text"] for f in answer["findings"]))

    def test_it_stands_below_any_number_of_others(self):
        routes = [f"    - {{receiver: people, continue: {str(i < 29).lower()}, matchers: "
                  f"['namespace=\"team{i}\"', 'inferenceservice=\"svc{i}\"']}}\n" for i in range(30)]
        labels = {"namespace": "team29", "inferenceservice": "svc29"}
        receivers, answer = self.judged("".join(routes), labels)
        self.assertEqual(receivers, ["people"])
        self.assertFalse(answer["arrives"])


class Printing(unittest.TestCase):
    def test_the_shipped_file_is_what_is_printed(self):
        self.assertEqual(canaryd("route", "print"), (0, SHIPPED.read_text()))

    def check_printed(self, *options):
        with temp_folder() as folder:
            file = folder / "alertmanager.yml"
            code, text = canaryd("route", "print", *options)
            self.assertEqual(code, 0)
            file.write_text(text)
            self.assertEqual(accepted(file)[0], 0, accepted(file)[1])
            config = [option for option in options if str(option).endswith("canaryd.yaml")]
            answer = report(file, *(["--config", config[0]] if config else []))
            # `people` has no integration yet: nobody is told.
            self.assertLessEqual({finding["code"] for finding in answer["findings"]}, {"nobody_told"}, text)
            self.assertTrue(answer["alerts"])
            for alert in answer["alerts"]:
                receivers = amtool_receivers(file, alert["labels"])
                expected = ["canaryd"] if alert["action"] in ("heartbeat", "advance") else ["canaryd", "people"]
                self.assertEqual(receivers, expected, alert)
            return text

    def test_it_is_accepted_and_leads_every_alert_to_canaryd_and_to_people(self):
        self.check_printed()

    def test_what_proves_a_canary_good_comes_to_canaryd_and_to_nobody_else(self):
        healthy = {**CANARY, "alertname": "CanaryHealthy", "severity": "none"}
        self.assertEqual(amtool_receivers(SHIPPED, healthy), ["canaryd"])
        self.assertEqual(amtool_receivers(SHIPPED, {**healthy, "percent": "100", "namespace": "people"}), ["canaryd"])
        # The evidence of the next stage is an alert of a group of its own.
        route = SHIPPED.read_text().split("advance\n")[1].split("    - receiver: people")[0]
        self.assertIn("group_by: [alertname, namespace, inferenceservice, revision, percent]", route)
        self.assertNotIn("continue", route)

    def test_each_replica_is_an_entry_of_its_own(self):
        urls = [f"https://canaryd-{i}.canaryd.ml.svc:8443/webhooks/alertmanager" for i in range(3)]
        text = self.check_printed(*[part for url in urls for part in ("--url", url)])
        self.assertEqual(re.findall(r"- url: (.*)", text), urls)

    def test_a_timeout_is_printed_only_for_versions_that_know_it(self):
        self.assertNotIn("timeout", self.check_printed("--alertmanager-version", "0.27.0"))
        code, text = canaryd("route", "print", "--alertmanager-version", "0.28")
        self.assertEqual(code, 0)
        self.assertIn("        timeout: 10s\n", text)

    def test_own_alerts_and_what_is_ignored_above_them(self):
        with temp_folder() as folder:
            config = folder / "canaryd.yaml"
            config.write_text("""
server:
  tls: {certificate: a, key: b, client_ca: c}
  clients:
    certificates: [{name: alertmanager, role: alert, san: 'dns:alertmanager'}]
alerts:
  - matchers: ['alertname=~"Iris.+"', 'team="it''s \\\\d \\"quoted\\""']
    action: ignore
  - matchers: ['alertname="IrisDrifts"', 'severity!="info"']
    action: rollback
    labels: {name: model}
  - matchers: ['alertname="Heart"']
    action: heartbeat
""")
            text = self.check_printed("--config", config)
            self.assertIn("group_by: [alertname, namespace, model, revision]", text)
            self.assertIn("cert_file", text)
            self.assertNotIn("credentials_file", text)
            file = folder / "alertmanager.yml"
            file.write_text(text)
            ignored = {"alertname": "IrisDrifts", "team": 'it\'s \\d "quoted"'}
            self.assertEqual(amtool_receivers(file, ignored), ["canaryd-left-out", "people"])
            self.assertEqual(amtool_receivers(file, {"alertname": "IrisDrifts", "team": "ml"}), ["canaryd", "people"])


class Findings(unittest.TestCase):
    def test_each_configuration_shows_what_it_is_there_for(self):
        files = {file.stem: file for file in CONFIGS.glob("*.yaml")}
        self.assertEqual(set(files), set(EXPECTED))
        for name, codes in EXPECTED.items():
            with self.subTest(name):
                self.assertEqual(accepted(files[name])[0], 0, accepted(files[name])[1])
                answer = report(files[name])
                self.assertEqual({finding["code"] for finding in answer["findings"]}, codes)

    def test_what_does_not_arrive_is_an_error_and_what_arrives_is_none(self):
        for file in CONFIGS.glob("*.yaml"):
            answer = report(file)
            lost = [alert for alert in answer["alerts"] if not alert["arrives"]]
            said = [finding for finding in answer["findings"]
                    if finding["code"] in ("swallowed", "not_matched", "taken_by_child", "no_route", "no_receiver")]
            self.assertEqual(bool(lost), bool(said), file.name)
            for alert in lost:
                name = alert["labels"]["alertname"]
                self.assertTrue(any(finding.get("alerts", "every alert") == "every alert" or name in finding["alerts"]
                                    for finding in said), f"{file.name}: nothing is said of {name}")

    def test_the_line_is_that_of_the_route_which_takes_it(self):
        finding, = [f for f in report(CONFIGS / "wrong-order.yaml")["findings"] if f["code"] == "swallowed"]
        line = (CONFIGS / "wrong-order.yaml").read_text().splitlines()[finding["line"] - 1]
        self.assertIn("receiver: pager", line)
        self.assertIn("CanaryFailing", finding["alerts"])

    def test_every_code_is_documented(self):
        source = "".join(file.read_text() for file in (SOURCE / "src/rules").glob("route_*.cpp"))
        codes = set(re.findall(r'Severity::(?:error|warning), "(\w+)"', source)) | {"muted", "inhibited"}
        self.assertGreater(len(codes), 20)
        table = re.findall(r"^\| `(\w+)` \| (?:error|warning)", (SOURCE / "docs/alertmanager.md").read_text(), re.M)
        self.assertEqual(set(table), codes)


if __name__ == "__main__":
    unittest.main()
