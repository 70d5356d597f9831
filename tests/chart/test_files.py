"""What is made from other files is up to date, and what must say the same as canaryd says the same."""
import os
import pathlib
import re
import runpy
import subprocess
import tarfile
import tempfile
import unittest

from chart import helm
from chart.helm import CHART, PLAIN, SOURCE


def canaryd(*arguments):
    return subprocess.run([os.environ["CANARYD"], *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=True).stdout


class Files(unittest.TestCase):
    def test_the_readme_and_the_copies_of_the_rules_are_up_to_date(self):
        done = subprocess.run([SOURCE / "scripts/chart-files", "--check"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_a_key_is_explained_as_a_whole_or_by_its_own_keys(self):
        values = runpy.run_path(str(SOURCE / "scripts/chart-files"))["values"]
        self.assertEqual(values("# Of both.\na:\n  # -- One.\n  b: 1\n"), [("a.b", "1", "One.")])
        with self.assertRaisesRegex(Exception, "values.yaml:3: a is explained as a whole"):
            values("# -- Of both.\na:\n  # -- One.\n  b: 1\n")

    def test_the_shipped_rules_are_what_the_prometheusrule_holds(self):
        rendered = helm.one(helm.objects(PLAIN, {"monitoring.mode": "always"}), "PrometheusRule")
        shipped = helm.read_yaml(canaryd("rules", "print", "--format", "prometheusrule"))[0]
        groups = {group["name"]: group for group in rendered["spec"]["groups"]}
        self.assertEqual(groups, {group["name"]: group for group in shipped["spec"]["groups"]})
        self.assertEqual(len(groups), len(rendered["spec"]["groups"]))

    def test_the_monitors_are_what_rules_scrape_has(self):
        found = helm.objects(PLAIN, {"monitoring.mode": "always"})
        own = helm.read_yaml((SOURCE / "rules/scrape/canaryd.yaml").read_text())[0]["spec"]["podMetricsEndpoints"]
        self.assertEqual(helm.one(found, "ServiceMonitor")["spec"]["endpoints"], own)
        for name in ("model-servers", "knative-queue-proxy"):
            shipped = helm.read_yaml((SOURCE / f"rules/scrape/{name}.yaml").read_text())[0]
            self.assertEqual(helm.one(found, "PodMonitor", "canaryd-" + name)["spec"], shipped["spec"])

    def test_the_alerts_that_the_routes_are_made_for_are_canaryds_default(self):
        default = helm.read_yaml(canaryd("config", "default"))[0]["alerts"]
        ours = helm.read_yaml("alerts:\n" + (CHART / "files/alerts.yaml").read_text())[0]["alerts"]
        for entry in default:
            # Each label stands at the name that is its default.
            self.assertEqual(entry.pop("labels", {"name": "inferenceservice"})["name"], "inferenceservice")
        self.assertEqual(ours, default)

    def test_the_version_is_that_of_the_project(self):
        project = re.search(r"project\(canaryd VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text())[1]
        chart = helm.read_yaml((CHART / "Chart.yaml").read_text())[0]
        self.assertEqual(chart["appVersion"], project)

    def test_the_package_has_what_the_chart_needs_and_no_more(self):
        with tempfile.TemporaryDirectory(prefix="canaryd-package-") as folder:
            helm.run("package", CHART, "--destination", folder)
            with tarfile.open(next(pathlib.Path(folder).glob("*.tgz"))) as package:
                names = {name.split("/", 1)[1] for name in package.getnames()}
                links = [member.name for member in package.getmembers() if not member.isfile()]
        self.assertEqual(links, [])
        self.assertFalse([name for name in names if name.startswith("ci/") or name.endswith(".in")])
        self.assertLessEqual({"files/rules/canary.yaml", "files/test.sh", "values.schema.json", "README.md"}, names)


if __name__ == "__main__":
    unittest.main()
