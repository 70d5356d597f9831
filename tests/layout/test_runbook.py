"""The runbook has an entry for each shipped alert and each reason of a decision, and every link in it leads somewhere."""
import os
import pathlib
import re
import unittest

SOURCE = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2])
DOCS = SOURCE / "docs"


def sections(text):
    """{anchor: text} of the sections of a page, as GitHub names them."""
    parts = re.split(r"^#{2,3} (.+)$", text, flags=re.M)[1:]
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-"): body for title, body in zip(parts[::2], parts[1::2])}


def rows(section):
    """The rows of a table below its head, as lists of cells."""
    found = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
             for line in section.splitlines() if line.startswith("|")]
    return found[2:]


def links(page):
    """(link, file, anchor) of each link of a page to a file of this repository."""
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" not in link:
            path, _, anchor = link.partition("#")
            yield link, (page.parent / path).resolve() if path else page, anchor


class Runbook(unittest.TestCase):
    def setUp(self):
        self.page = DOCS / "runbook.md"
        self.sections = sections(self.page.read_text())

    def assert_entries(self, found, expected):
        names = [re.sub(r"[\[`]([\w]+)[\]`].*", r"\1", row[0]) for row in found]
        self.assertEqual(sorted(names), sorted(set(expected)))
        for row in found:
            self.assertEqual(len(row), 4, row)
            self.assertTrue(all(row), f"what it means, what to check, what to do: {row}")

    def test_has_an_entry_for_each_alert_which_leads_to_its_section(self):
        files = [SOURCE / "rules/canary.yaml", SOURCE / "rules/canaryd.yaml"]
        shipped = [name for file in files for name in re.findall(r"^ +- alert: (\w+)$", file.read_text(), re.M)]
        self.assertGreater(len(shipped), 40)
        found = rows(self.sections["by-alert"])
        self.assert_entries(found, shipped)
        for cell, *_ in found:
            self.assertRegex(cell, r"^\[(\w+)\]\((rules|alerts-for-people)\.md#(?i:\1)\)$")

    def test_has_an_entry_for_each_reason(self):
        text = (SOURCE / "include/canaryd/policy/reason.hpp").read_text()
        reasons = re.findall(r"\w+", re.search(r"enum class Reason[^{]*\{([^}]*)\}", text)[1])
        self.assertGreater(len(reasons), 50)
        self.assert_entries(rows(self.sections["by-reason"]), reasons)

    def test_is_led_to_each_of_its_sections(self):
        led = {anchor for _, file, anchor in links(self.page) if file == self.page}
        self.assertEqual(set(self.sections) - led, set())


class Links(unittest.TestCase):
    def test_of_every_page_lead_to_a_file_and_a_section_that_is_there(self):
        pages = [*SOURCE.glob("*.md"), *DOCS.glob("*.md"), *SOURCE.glob("examples/**/*.md"), *SOURCE.glob("charts/**/*.md")]
        known = {page.resolve(): sections(page.read_text()) for page in pages}
        lost = []
        for page in pages:
            for link, file, anchor in links(page):
                if not file.exists() or (anchor and file in known and anchor not in known[file]):
                    lost.append(f"{page.relative_to(SOURCE)}: {link}")
        self.assertGreater(len(pages), 25)
        self.assertEqual(lost, [])


if __name__ == "__main__":
    unittest.main()
