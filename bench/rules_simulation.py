"""How often the shipped rules cry wolf, and how soon they see a canary that is worse: random traffic through promtool
(tests/lab/rule_simulation.py), printed as the tables of docs/rules.md.

    scripts/bench rules-simulation
    CANARYD_TOOLS=... PYTHONPATH=tests:bench python3 bench/rules_simulation.py [--runs 40] [--jobs 2]
"""
import argparse
import collections
import concurrent.futures
import os
import statistics

from lab.rule_simulation import Behaviour, Scenario, simulate

RATES, SHARES = (1, 10, 1000), (0.05, 0.25)
BASE = Behaviour()
WORSE = {
    "errors +2 points": Behaviour(error_ratio=0.025),
    "errors +5 points": Behaviour(error_ratio=0.055),
    "errors +20 points": Behaviour(error_ratio=0.205),
    "latency x 1.4": BASE.slower(1.4),
    "latency x 2": BASE.slower(2),
    "latency x 4": BASE.slower(4),
    "confidence 0.9 to 0.6": Behaviour(confidence_mean=0.6),
    "dead": Behaviour(dead=True),
}
ROLLBACK = {"CanaryHighErrorRate", "CanaryFailing", "CanaryHigherErrorRate", "CanaryHighLatency", "CanaryHigherLatency",
            "CanaryLowConfidence", "CanaryDown"}
HOUR, CHANGE, WATCHED = 3600, 600, 1800
AT_ONCE = 10  # services in one promtool


def _batches(runs):
    return [min(AT_ONCE, runs - first) for first in range(0, runs, AT_ONCE)]


def _false(rate, share, count, seed):
    """{alert: canary-hours in which it fired} of canaries that are as good as their stable."""
    fired = simulate([Scenario(rate, share)] * count, HOUR, seed)
    return collections.Counter(firing.alert for firing in fired)


def _detect(rate, share, worse, count, seed):
    """For each canary the seconds from the change to its first rollback alert and that alert, or (None, None)."""
    scenario = Scenario(rate, share, WORSE[worse], change_at=CHANGE)
    first = {}
    for firing in simulate([scenario] * count, CHANGE + WATCHED, seed):
        if firing.alert in ROLLBACK and firing.at > CHANGE:
            first.setdefault(firing.scenario, (firing.at - CHANGE, firing.alert))
    return [first.get(number, (None, None)) for number in range(count)]


def false_alarms(pool, hours):
    """{(rate, share): Counter}"""
    jobs = {(rate, share): [pool.submit(_false, rate, share, count, f"false/{rate}/{share}/{batch}")
                            for batch, count in enumerate(_batches(hours))]
            for rate in RATES for share in SHARES}
    return {cell: sum((job.result() for job in found), collections.Counter()) for cell, found in jobs.items()}


def detections(pool, runs):
    """{(worse, rate, share): [(seconds, alert)]}"""
    jobs = {(worse, rate, share): [pool.submit(_detect, rate, share, worse, count, f"{worse}/{rate}/{share}/{batch}")
                                   for batch, count in enumerate(_batches(runs))]
            for worse in WORSE for rate in RATES for share in SHARES}
    return {cell: [one for job in found for one in job.result()] for cell, found in jobs.items()}


def in_words(found):
    """The median and the 90th percentile, with the alert that is most often the first; the undetected count as later
    than all others."""
    ordered = sorted(seconds if seconds is not None else float("inf") for seconds, _ in found)
    seen = [alert for _, alert in found if alert]
    if not seen:
        return "not within 30 min"

    def show(value):
        return "later" if value == float("inf") else f"{value:.0f} s"

    median = statistics.median_low(ordered)
    ninetieth = ordered[min(len(ordered) - 1, int(0.9 * len(ordered)))]
    missed = len(found) - len(seen)
    if missed * 2 > len(found):
        return f"in {len(seen)} of {len(found)} runs"
    return f"{show(median)}, {show(ninetieth)} ({collections.Counter(seen).most_common(1)[0][0].removeprefix('Canary')})"


def _heading(first):
    cells = [f"{rate:,}/s, {share:.0%}" for rate in RATES for share in SHARES]
    return [f"| {first} | {' | '.join(cells)} |", "|---" * (len(cells) + 1) + "|"]


def tables(hours, runs, jobs):
    """The lines of both tables."""
    cells = [(rate, share) for rate in RATES for share in SHARES]
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        alarms, found = false_alarms(pool, hours), detections(pool, runs)
        lines = [f"False alarms, in {hours} canary-hours a column:", "", *_heading("alert")]
        for alert in sorted(ROLLBACK | {"CanaryNoData", "CanaryHealthy"}):
            lines.append(f"| `{alert}` | {' | '.join(str(alarms[cell][alert]) for cell in cells)} |")
        lines += ["", f"Seconds from the change to the first rollback alert (median, 90th percentile of {runs} runs):", "",
                  *_heading("the canary becomes")]
        for worse in WORSE:
            lines.append(f"| {worse} | {' | '.join(in_words(found[worse, *cell]) for cell in cells)} |")
    return lines


def run(hours=40, runs=20, jobs=None):
    """For scripts/bench: prints its tables itself."""
    print("\n".join(tables(hours, runs, jobs or os.cpu_count())), flush=True)
    return []


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=int, default=40, help="canary-hours a cell for the false alarms")
    parser.add_argument("--runs", type=int, default=20, help="runs a cell for the detection")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="promtools at once")
    arguments = parser.parse_args()
    run(arguments.hours, arguments.runs, arguments.jobs)


if __name__ == "__main__":
    main()
