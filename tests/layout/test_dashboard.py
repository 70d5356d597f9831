"""The Grafana dashboard is what its source makes, and it is one that Grafana can draw. What its queries return is for
tests/e2e/test_dashboard.py."""
import itertools
import json
import os
import pathlib
import re
import subprocess
import unittest

SOURCE = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2])


def overlap(one, other):
    return all(one[at] < other[at] + other[size] and other[at] < one[at] + one[size] for at, size in ("xw", "yh"))


class Dashboard(unittest.TestCase):
    def setUp(self):
        self.text = (SOURCE / "charts/canaryd/dashboards/canaryd.json").read_text()
        self.panels = json.loads(self.text)["panels"]

    def test_is_up_to_date(self):
        done = subprocess.run([SOURCE / "scripts/dashboard", "--check"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_has_a_place_for_each_panel(self):
        self.assertGreater(len(self.panels), 15)
        self.assertEqual(len({panel["id"] for panel in self.panels}), len(self.panels))
        for one, other in itertools.combinations(self.panels, 2):
            self.assertFalse(overlap(one["gridPos"], other["gridPos"]), f"{one['title']} lies on {other['title']}")
        for panel in self.panels:
            self.assertLessEqual(panel["gridPos"]["x"] + panel["gridPos"]["w"], 24, panel["title"])

    def test_reads_series_that_are_documented_or_recorded(self):
        documented = set(re.findall(r"^\| `(canaryd_\w+)` \|", (SOURCE / "docs/metrics.md").read_text(), re.M))
        recorded = set(re.findall(r"- record: (\S+)", (SOURCE / "rules/canary.yaml").read_text()))
        read = set(re.findall(r"\b(?:canaryd_|canary:)[\w:]+", self.text))
        histograms = {name + "_bucket" for name in documented}
        self.assertGreater(len(read), 30)
        self.assertEqual(read - documented - recorded - histograms, set())


if __name__ == "__main__":
    unittest.main()
