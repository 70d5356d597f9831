"""The shipped rules are well-formed, each alert says all that its readers need, and each does what rules/tests says, in
Prometheus' own promtool."""
import concurrent.futures
import os
import pathlib
import re
import unittest

from lab import promtool, rule_text

SOURCE = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2])
RULES = SOURCE / "rules"
SEVERITIES = {"critical", "warning", "none"}  # kube-prometheus mutes `info`


def rule_files():
    return sorted(RULES.glob("*.yaml")) + sorted(RULES.glob("sources/*.yaml"))


def test_files():
    return sorted(RULES.glob("tests/*.yaml"))


def alerts(files=None):
    """(file, Rule) of each alert."""
    return [(file, rule) for file in files or rule_files() for rule in rule_text.rules_of(file.read_text())
            if rule.kind == "alert"]


def entry(rule, field, key):
    """The text of one label or annotation, "" where there is none."""
    found = rule.fields.get(field)
    value = found.entries[key].value if found and key in found.entries else ""
    return value.partition(":")[2].strip().rstrip(",} ") if value.lstrip().startswith(f"{key}:") else value.strip()


def anchors(document):
    """Those of a Markdown file's headings, as its readers make them."""
    heads = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


class ShippedRules(unittest.TestCase):
    def test_every_rule_file_is_accepted(self):
        files = rule_files()
        self.assertGreaterEqual(len(files), 3)
        code, text = promtool.run("check", "rules", *files)
        self.assertEqual(code, 0, text)
        self.assertEqual(text.count("SUCCESS"), len(files), text)

    def test_every_rule_behaves_as_its_tests_say(self):
        files = test_files()
        self.assertGreaterEqual(len(files), 20)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            done = pool.map(lambda file: promtool.run("test", "rules", file), files)
            for file, (code, text) in zip(files, done):
                with self.subTest(file.name):
                    self.assertEqual(code, 0, text)
                    self.assertIn("SUCCESS", text)

    def test_every_alert_is_compared_in_full_by_a_test(self):
        tests = "".join(file.read_text() for file in test_files())
        for file, rule in alerts():
            whole = rf"alertname: {rule.name}\n +exp_alerts:\n(.*\n)*? +exp_annotations:\n"
            self.assertRegex(tests, whole, f"no alert_rule_test with annotations for {rule.name} of {file.name}")

    def test_every_test_group_says_in_a_sentence_what_it_shows(self):
        for file in test_files():
            groups = re.findall(r"^  - (.*)$", file.read_text().partition("\ntests:\n")[2], re.MULTILINE)
            self.assertTrue(groups, file.name)
            for first in groups:
                self.assertRegex(first, r"^name: .*\w+ .*\w+", f"{file.name}: a group begins with {first!r}")


class Reads(unittest.TestCase):
    """Prometheus gives every scraped series a job, and a recorded one none. So a pod that exports series under the names
    that rules record is not read, and cannot make a join find two partners."""

    def test_what_rules_record_is_read_only_where_nobody_scraped_it(self):
        for file in rule_files():
            for rule in rule_text.rules_of(file.read_text()):
                for name, selector in re.findall(r"\b(canary:\w+:\w+|ALERTS)\b(\{[^}]*\})?", rule.expression):
                    self.assertIn('job=""', selector, f"{file.name} {rule.name} reads {name}")

    def test_what_canaryd_exports_is_read_of_its_own_job_only(self):
        for file in rule_files():
            for rule in rule_text.rules_of(file.read_text()):
                for name, selector in re.findall(r"\b(canaryd_\w+)\b(\{[^}]*\})?", rule.expression):
                    self.assertIn('job="canaryd"', selector, f"{file.name} {rule.name} reads {name}")


class Alerts(unittest.TestCase):
    def test_each_has_value_summary_description_and_a_severity_that_is_routed(self):
        found = alerts()
        self.assertGreaterEqual(len(found), 11)
        for file, rule in found:
            with self.subTest(f"{file.name} {rule.name}"):
                for name in ("summary", "description"):
                    self.assertTrue(entry(rule, "annotations", name), f"no {name}")
                self.assertEqual(entry(rule, "annotations", "value").strip("'\""), "{{ $value }}")
                self.assertIn(entry(rule, "labels", "severity"), SEVERITIES)

    def test_each_has_a_runbook_whose_section_exists(self):
        for file, rule in alerts():
            with self.subTest(f"{file.name} {rule.name}"):
                path, _, anchor = entry(rule, "annotations", "runbook_url").partition("#")
                self.assertRegex(path, r"^docs/[\w-]+\.md$")
                self.assertEqual(anchor, rule.name.lower())
                self.assertIn(anchor, anchors(SOURCE / path))

    def test_those_of_canary_yaml_have_the_severity_of_what_they_lead_to(self):
        others = {"CanaryNoData": "warning", "CanaryHealthy": "none", "CanarydHeartbeat": "none"}
        found = alerts([RULES / "canary.yaml"])
        for _, rule in found:
            self.assertEqual(entry(rule, "labels", "severity"), others.get(rule.name, "critical"), rule.name)
        self.assertEqual({rule.name for _, rule in found} - set(others),
                         {"CanaryHighErrorRate", "CanaryFailing", "CanaryHigherErrorRate", "CanaryHighLatency",
                          "CanaryHigherLatency", "CanaryLowConfidence", "CanaryDown"})

    def test_health_asks_for_every_alert_that_rolls_back_and_comes_after_them(self):
        found = [rule for _, rule in alerts([RULES / "canary.yaml"])]
        self.assertEqual(found[-1].name, "CanaryHealthy")
        named = re.search(r'ALERTS\{job="",alertname=~"([^"]*)"\}', found[-1].expression)
        self.assertEqual(set(named[1].split("|")),
                         {rule.name for rule in found if entry(rule, "labels", "severity") == "critical"})


if __name__ == "__main__":
    unittest.main()
