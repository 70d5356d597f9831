"""Every change of one spot of the shipped rules is noticed by a promtool test, or stands in survivors.txt with the reason
why no test can notice it."""
import collections
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mutate  # noqa: E402
import mutations  # noqa: E402

SURVIVORS = pathlib.Path(__file__).with_name("survivors.txt")
# An explained one is tried by the tests nearest to it only: all of them would take a minute each.
LIKELIEST = 12


def explained(text):
    """{mutant id: reason}: ids stand at the margin, the reason of the ids above it is indented."""
    found, waiting = {}, []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line.startswith(" "):
            for mutant in waiting:
                found[mutant] = f"{found[mutant]} {line.strip()}".strip()
            answered = True
        else:
            if waiting and answered:
                waiting = []
            answered = False
            waiting.append(line)
            if line in found:
                raise AssertionError(f"twice in {SURVIVORS.name}: {line}")
            found[line] = ""
    return found


class Mutations(unittest.TestCase):
    maxDiff = None

    def test_every_mutant_is_noticed_or_explained(self):
        known = explained(SURVIVORS.read_text())
        mutants = mutate.all_mutants()
        self.assertGreater(len(mutants), 500)
        ids = {mutant.id for mutant in mutants}
        self.assertEqual(sorted(known.keys() - ids), [], "explained, but there is no such mutant")
        self.assertEqual([mutant for mutant, reason in known.items() if len(reason) < 20], [], "no reason given")
        # Explained ones last: by then it is known which tests are near to their rule.
        mutants.sort(key=lambda mutant: mutant.id in known)
        outcomes = mutate.run(mutants, tests_of=lambda mutant: LIKELIEST if mutant.id in known else None)
        verdicts = collections.Counter(outcome.verdict for outcome in outcomes)
        print(f"mutants: {dict(verdicts)}, of the survivors {len(known)} explained")
        survived = {outcome.mutant.id for outcome in outcomes if outcome.verdict == "survived"}
        self.assertEqual(sorted(survived - known.keys()), [], "noticed by no test, and not explained")
        self.assertEqual(sorted(known.keys() - survived), [], "explained, but a test does notice it")


class Generator(unittest.TestCase):
    RULES = """groups:
  - name: g
    rules:
      - alert: High
        expr: |2
            max by (a, b) (x{c="d"})
          > on (a)
            (y[5m] offset 1m or z)
          unless on () w == 1
        for: 2m
        labels: {severity: page}
"""

    def test_each_part_of_a_rule_is_changed(self):
        changes = [mutant.change for mutant in mutations.of_file("f.yaml", self.RULES)]
        for change in ("is not there", "for: 2m becomes 0s", "for: 2m becomes 60s", "for: 2m becomes 240s",
                       "drops its label severity", "drops `unless on () w == 1`",
                       "drops `> on (a) (y[5m] offset 1m or z)`", "drops a from on of `> on (a) (y[5m] offset 1m or z)`",
                       "moves the boundary of > to >= in `> on (a) (y[5m] offset 1m or z)`",
                       'max becomes min in `max by (a, b) (x{c="d"})`', 'drops the aggregation `max by (a, b) (x{c="d"})`',
                       'drops b from by of `max by (a, b) (x{c="d"})`', 'drops the matcher c="d" of x', "drops `or z`",
                       "drops the first branch of `or`: y[5m] offset 1m", "[5m] becomes [150s] in `y[5m] offset 1m`",
                       "[5m] becomes [600s] in `y[5m] offset 1m`", "drops the offset 1m of `y[5m] offset 1m`", "1 becomes 2"):
            self.assertIn(change, changes)

    def test_a_mutant_is_the_file_with_one_change(self):
        [mutant] = [m for m in mutations.of_file("f.yaml", self.RULES) if m.change == "drops `or z`"]
        self.assertIn('(x{c="d"}) > on (a) (y[5m] offset 1m) unless on () w == 1', mutant.text)
        self.assertIn("for: 2m", mutant.text)
        self.assertEqual(mutant.id, "f.yaml | High | drops `or z`")


if __name__ == "__main__":
    unittest.main()
