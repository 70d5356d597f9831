"""What SECURITY.md says is proven names the test that proves it, and that test is there."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2])
TEST = re.compile(r"`((?:rules/)?tests/[^`]+)`")


def table(text, heading):
    """The rows below the head of the first table of a section."""
    lines = text[text.index(f"\n## {heading}\n") + 1:].splitlines()[1:]
    begin = next(number for number, line in enumerate(lines) if line.startswith("|"))
    rows = lines[begin:]
    return rows[2:next((number for number, line in enumerate(rows) if not line.startswith("|")), len(rows))]


class Security(unittest.TestCase):
    def setUp(self):
        self.text = (SOURCE / "SECURITY.md").read_text()

    def test_every_threat_has_a_control_and_a_test(self):
        rows = table(self.text, "Threats and controls")
        self.assertGreater(len(rows), 20)
        for row in rows:
            cells = [cell.strip() for cell in row.strip("|").split(" | ")]
            self.assertEqual(len(cells), 3, row)
            self.assertTrue(all(cells), row)
            self.assertTrue(TEST.search(cells[2]), row)

    def test_every_test_is_a_file_that_is_there(self):
        named = set(TEST.findall(self.text))
        self.assertGreater(len(named), 30)
        self.assertEqual([name for name in sorted(named) if not (SOURCE / name).is_file()], [])

    def test_every_case_of_the_attacker_is_there(self):
        attacker = (SOURCE / "tests/integration/test_audit_attacker.py").read_text()
        named = set(re.findall(r"`(test_\w+)`", self.text))
        self.assertGreater(len(named), 15)
        self.assertEqual(named - set(re.findall(r"def (test_\w+)", attacker)), set())


if __name__ == "__main__":
    unittest.main()
