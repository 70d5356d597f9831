"""Changes the shipped rules one spot at a time and runs their promtool tests: what no test notices is printed.

    CANARYD_TOOLS=$(scripts/lab/debian-tools build/lab) PYTHONPATH=tests python3 tests/rules/mutate.py [--rule REGEX]

Each mutant is tried in a copy of rules/ by the tests that load the changed file, one test a file, those that killed its
siblings first, then the cheap ones; promtool is stopped at the first failure.
"""
import argparse
import collections
import concurrent.futures
import dataclasses
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import time

import mutations
from lab import promtool
from lab.procs import temp_folder
from lab.promtool_tests import single_tests

RULES = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2]) / "rules"


def rule_files(folder=RULES):
    """Those that are mutated, by their path below rules/."""
    found = sorted(folder.glob("*.yaml")) + sorted(folder.glob("sources/*.yaml"))
    return [str(path.relative_to(folder)) for path in found]


def all_mutants(folder=RULES):
    return [mutant for name in rule_files(folder) for mutant in mutations.of_file(name, (folder / name).read_text())]


def loaded_by(text):
    """What a promtool test file loads, by the path below rules/."""
    match = re.search(r"^rule_files:(?P<flow> *\[[^\]]*\])?(?P<block>(\n *- .*)*)", text, re.MULTILINE)
    if not match:
        raise AssertionError(f"a test without rule_files:\n{text[:200]}")
    return {name.removeprefix("../") for name in re.findall(r"[\w./-]+\.yaml", match.group())}


@dataclasses.dataclass
class Outcome:
    mutant: mutations.Mutant
    verdict: str  # killed, survived, invalid
    by: str = ""


def cost_of(text):
    """Of a test, as a number to sort by: its evaluations times its lines."""
    def seconds(duration):
        return sum(int(n) * _SECONDS[unit] for n, unit in re.findall(r"([0-9]+)([smhd])", duration))
    step = seconds(re.search(r"^evaluation_interval: *(\w+)", text, re.MULTILINE)[1])
    last = max(map(seconds, re.findall(r"eval_time: *(\w+)", text)), default=0)
    return (last // step + 1) * text.count("\n")


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Workshop:
    """Copies of rules/, one a worker, each with its tests one by one in `single/`; and what has killed mutants so far."""

    def __init__(self, folder, workers, source=RULES):
        self.texts = {f"{path.stem}-{number}.yaml": text for path in sorted((source / "tests").glob("*.yaml"))
                      for number, text in enumerate(single_tests(path.read_text()), 1)}
        self.loads = {name: loaded_by(text) for name, text in self.texts.items()}
        self.costs = {name: cost_of(text) for name, text in self.texts.items()}
        self.kills = collections.defaultdict(collections.Counter)
        self.sound = set()
        self.free = queue.SimpleQueue()
        for number in range(workers):
            copy = folder / f"copy-{number}"
            shutil.copytree(source, copy)
            (copy / "single").mkdir()
            for name, text in self.texts.items():
                (copy / "single" / name).write_text(text)
            self.free.put(copy)

    def order(self, mutant):
        """The tests that load the mutant's file: what killed most of its siblings for its cost first, then the cheap
        ones, those that name the rule before others."""
        about = mutant.rule.split()[0]

        def rank(name):
            return -self.kills[mutant.rule][name] / self.costs[name], self.costs[name] * (1 if about in self.texts[name] else 4)
        return sorted((name for name, loads in self.loads.items() if mutant.file in loads), key=rank)

    def judge(self, mutant, tests=None):
        """`tests`: at most so many."""
        copy = self.free.get()
        try:
            killer, valid = self._try(copy, mutant, tests)
            if not killer:
                return Outcome(mutant, "survived")
            if not valid:
                return Outcome(mutant, "invalid")
            self._check(copy, killer)
            self.kills[mutant.rule][killer] += 1
            return Outcome(mutant, "killed", killer)
        finally:
            self.free.put(copy)

    def _try(self, copy, mutant, tests):
        """(the test that fails, or None; whether promtool can load the changed rules)."""
        path = copy / mutant.file
        original = path.read_text()
        try:
            path.write_text(mutant.text)
            killer, first_line = first_failure([copy / "single" / name for name in self.order(mutant)[:tests]])
            # Rules that cannot be loaded fail a test too, with other words.
            return killer, _DIFFERENCE.match(first_line) or promtool.run("check", "rules", path)[0] == 0
        finally:
            path.write_text(original)

    def _check(self, copy, test):
        """AssertionError where a test that is to have noticed something fails on the rules as they are, too."""
        if test not in self.sound:
            code, told = promtool.run("test", "rules", copy / "single" / test)
            if code != 0:
                raise AssertionError(f"{test} fails on the rules as they are:\n{told[:3000]}")
            self.sound.add(test)


_DIFFERENCE = re.compile(r"\s+(name|alertname|expr):")


def first_failure(tests):
    """(the name of the first test file that fails, or None; what promtool says first of it). promtool goes on after a
    failure, so it is ended."""
    if not tests:
        return None, ""
    current = tests[0].name
    environment = {**os.environ, "GOMAXPROCS": "1", "GOGC": "400"}
    with subprocess.Popen([promtool.path(), "test", "rules", *tests], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, env=environment) as process:
        for line in process.stdout:
            if line.startswith("Unit Testing:"):
                current = pathlib.Path(line.split(":", 1)[1].strip()).name
            elif line.strip().startswith("FAILED"):
                first_line = process.stdout.readline()
                process.kill()
                return current, first_line
    return (current if process.returncode != 0 else None), ""


def run(mutants, workers=None, tell=lambda outcome: None, tests_of=lambda mutant: None):
    """[Outcome] of the mutants; `tests_of` may bound how many tests one is worth."""
    workers = workers or min(os.cpu_count() or 1, 8)
    with temp_folder() as folder, concurrent.futures.ThreadPoolExecutor(workers) as pool:
        workshop = Workshop(folder, workers)
        outcomes = []
        for outcome in pool.map(lambda mutant: workshop.judge(mutant, tests_of(mutant)), mutants):
            tell(outcome)
            outcomes.append(outcome)
        return outcomes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rule", default="", help="only mutants whose id matches this regular expression")
    parser.add_argument("--jobs", type=int, help="promtools at once (default: one a core)")
    parser.add_argument("--all", action="store_true", help="print killed and invalid ones too")
    arguments = parser.parse_args()
    began = time.monotonic()

    def tell(outcome):
        if arguments.all or outcome.verdict == "survived":
            print(f"{outcome.verdict}{' by ' + outcome.by if outcome.by else ''}: {outcome.mutant.id}", flush=True)

    mutants = [mutant for mutant in all_mutants() if re.search(arguments.rule, mutant.id)]
    outcomes = run(mutants, arguments.jobs, tell)
    counts = collections.Counter(outcome.verdict for outcome in outcomes)
    print(f"{len(outcomes)} mutants: {counts['killed']} killed, {counts['survived']} survived, "
          f"{counts['invalid']} that promtool refuses, in {time.monotonic() - began:.0f} s")
    return 1 if counts["survived"] else 0


if __name__ == "__main__":
    sys.exit(main())
