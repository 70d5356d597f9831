"""What two of the files in ci/ render, line by line, so that a review of a change in the templates shows what comes of it.

    CANARYD_SNAPSHOTS=write python3 tests/chart/test_snapshots.py    # after a change that is meant
"""
import difflib
import os
import re
import unittest

from chart import helm
from chart.helm import CHART, SOURCE

SNAPSHOTS = SOURCE / "tests/chart/snapshots"
FILES = ("existing-secrets", "everything")
# Copies of other files, which have tests of their own.
LEFT_OUT = re.compile(r"/(prometheusrule|podmonitors|dashboard|tests/notification)\.yaml$")


def rendered(name):
    """The text, with the version of the chart and of canaryd left open."""
    text = helm.template(CHART / f"ci/{name}-values.yaml").stdout
    parts = re.split(r"^---\n(?=# Source: )", text, flags=re.M)
    kept = [part for part in parts if part.strip() and not LEFT_OUT.search(part.splitlines()[0])]
    version = helm.read_yaml((CHART / "Chart.yaml").read_text())[0]["version"]
    return "---\n".join(kept).replace(version, "VERSION")


class Snapshots(unittest.TestCase):
    def test_what_is_rendered_is_what_was_reviewed(self):
        for name in FILES:
            file = SNAPSHOTS / f"{name}.yaml"
            now = rendered(name)
            if os.environ.get("CANARYD_SNAPSHOTS") == "write":
                file.parent.mkdir(exist_ok=True)
                file.write_text(now)
            difference = "\n".join(difflib.unified_diff(file.read_text().splitlines(), now.splitlines(), str(file), "now",
                                                        lineterm=""))
            with self.subTest(name):
                self.assertEqual(difference, "", "\nwhere it is meant: CANARYD_SNAPSHOTS=write, as above")


if __name__ == "__main__":
    unittest.main()
