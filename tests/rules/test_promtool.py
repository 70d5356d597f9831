"""The shipped rules are well-formed, and each does what rules/tests says, in Prometheus' own promtool."""
import os
import pathlib
import subprocess
import unittest

RULES = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2]) / "rules"


def promtool():
    folder = os.environ.get("CANARYD_TOOLS", "")
    path = pathlib.Path(folder) / "promtool"
    if not folder or not os.access(path, os.X_OK):
        raise AssertionError(f"CANARYD_TOOLS must name a folder with promtool, is {folder!r}: "
                             "scripts/lab/debian-tools DIR unpacks one and prints it")
    return path


def run(*arguments):
    done = subprocess.run([promtool(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False)
    return done.returncode, done.stdout


class ShippedRules(unittest.TestCase):
    def test_every_rule_file_is_accepted(self):
        files = sorted(RULES.glob("*.yaml")) + sorted(RULES.glob("sources/*.yaml"))
        self.assertGreaterEqual(len(files), 2)
        code, text = run("check", "rules", *files)
        self.assertEqual(code, 0, text)
        self.assertEqual(text.count("SUCCESS"), len(files), text)

    def test_every_rule_behaves_as_its_tests_say(self):
        files = sorted(RULES.glob("tests/*.yaml"))
        self.assertGreaterEqual(len(files), 3)
        for file in files:
            with self.subTest(file.name):
                code, text = run("test", "rules", file)
                self.assertEqual(code, 0, text)
                self.assertIn("SUCCESS", text)

    def test_every_alert_has_tests(self):
        tests = "".join(file.read_text() for file in RULES.glob("tests/*.yaml"))
        for file in RULES.glob("*.yaml"):
            for line in file.read_text().splitlines():
                if line.strip().startswith("- alert:"):
                    name = line.split(":")[1].strip()
                    self.assertIn(f"alertname: {name}\n", tests, f"no alert_rule_test for {name}")


if __name__ == "__main__":
    unittest.main()
