"""Random traffic through the shipped rules, judged by promtool: which alerts fire, and when.

    scenario = Scenario(requests_per_second=10, share=0.25, canary=Behaviour(error_ratio=0.055), change_at=600)
    for firing in simulate([scenario] * 20, seconds=2400, seed=1):
        firing.scenario, firing.alert, firing.at

Each scenario is a service of its own with a stable and a canary revision; all of them go through one run of promtool.
Requests come as a Poisson process, each fails or not by itself, its latency is lognormal (it ends in the histogram's
buckets, as a model server exports them) and its confidence is drawn from a beta distribution. Real traffic is less
even: what is measured here is the noise of chance alone.
"""
import dataclasses
import itertools
import math
import os
import pathlib
import random
import re
import statistics

from lab import promtool
from lab.procs import temp_folder

RULES = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2]) / "rules"
SCRAPE = 5  # seconds; the groups are evaluated as often
LATENCY_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
THRESHOLDS = {"error_ratio": 0.05, "failing_ratio": 0.5, "higher_error_ratio": 1.5, "latency_ratio": 1.5,
              "higher_latency_ratio": 1.3, "latency_seconds": "+Inf", "confidence_ratio": 0.8, "min_requests": 50,
              "failing_min_requests": 10, "latency_min_requests": 100, "down_min_requests": 10}


@dataclasses.dataclass(frozen=True)
class Behaviour:
    """How a revision answers. Latency is lognormal with this median in seconds and this sigma; confidence is beta with
    this mean and as much spread as `confidence_weight` gives (a + b)."""

    error_ratio: float = 0.005
    latency_median: float = 0.1
    latency_sigma: float = 0.5
    confidence_mean: float = 0.9
    confidence_weight: float = 10.0
    dead: bool = False

    def slower(self, factor):
        return dataclasses.replace(self, latency_median=self.latency_median * factor)


@dataclasses.dataclass(frozen=True)
class Scenario:
    """`share` of the requests goes to the canary, which behaves as `canary` from second `change_at` on and as `stable`
    before."""

    requests_per_second: float
    share: float
    canary: Behaviour = Behaviour()
    stable: Behaviour = Behaviour()
    change_at: float = 0


@dataclasses.dataclass(frozen=True)
class Firing:
    """`at`: seconds from the start to the first firing of this alert for this scenario (an index into the list)."""

    scenario: int
    alert: str
    at: float


def _poisson(source, mean):
    if mean > 200:
        return max(0, round(source.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), source.random(), 0
    while product > limit:
        product *= source.random()
        count += 1
    return count


def _binomial(source, trials, chance):
    if trials == 0 or chance <= 0:
        return 0
    if chance >= 1:
        return trials
    spread = trials * chance * (1 - chance)
    if spread > 100:
        return min(trials, max(0, round(source.gauss(trials * chance, math.sqrt(spread)))))
    if chance > 0.5:
        return trials - _binomial(source, trials, 1 - chance)
    # The gaps between successes are geometric.
    found, at, scale = 0, 0, math.log1p(-chance)
    while True:
        at += int(math.log(1 - source.random()) / scale) + 1
        if at > trials:
            return found
        found += 1


def _latency_chances(behaviour):
    """The chance of each bucket, given that none below it was hit."""
    normal = statistics.NormalDist(math.log(behaviour.latency_median), behaviour.latency_sigma)
    below = [normal.cdf(math.log(bound)) for bound in LATENCY_BOUNDS]
    chances, left = [], 1.0
    for low, high in zip([0.0, *below], below):
        chances.append(min(1.0, (high - low) / left) if left > 1e-12 else 1.0)
        left -= high - low
    return chances


class _Revision:
    """The counters that the pods of a revision export, and their value at each scrape."""

    def __init__(self, source):
        self.source = source
        self.requests = self.errors = 0
        self.buckets = [0] * len(LATENCY_BOUNDS)
        self.confidence_sum, self.confidence_count = 0.0, 0
        self.scrapes = []

    def serve(self, mean, behaviour, chances):
        if behaviour.dead:
            self.scrapes.append(None)
            return
        arrived = _poisson(self.source, mean)
        failed = _binomial(self.source, arrived, behaviour.error_ratio)
        self.requests += arrived
        self.errors += failed
        left = arrived
        for index, chance in enumerate(chances):
            here = _binomial(self.source, left, chance)
            left -= here
            self.buckets[index] += here
        self._answer(arrived - failed, behaviour)
        self.scrapes.append((self.requests, self.errors, *itertools.accumulate(self.buckets),
                             self.confidence_sum, self.confidence_count))

    def _answer(self, count, behaviour):
        a = behaviour.confidence_mean * behaviour.confidence_weight
        b = behaviour.confidence_weight - a
        if count > 30:
            spread = a * b / ((a + b) ** 2 * (a + b + 1))
            self.confidence_sum += self.source.gauss(count * a / (a + b), math.sqrt(count * spread))
        else:
            self.confidence_sum += sum(self.source.betavariate(a, b) for _ in range(count))
        self.confidence_count += count

    def series(self, labels):
        """{series: values} as a server exports them: a series for errors only from the first error on."""
        columns = list(zip(*(row or [None] * (len(LATENCY_BOUNDS) + 4) for row in self.scrapes)))
        names = ["model_prediction_latency_seconds_count", "model_errors_total",
                 *(f"model_prediction_latency_seconds_bucket,le=\"{bound:g}\"" for bound in LATENCY_BOUNDS),
                 "model_prediction_confidence_sum", "model_prediction_confidence_count"]
        found = {}
        for name, column in zip(names, columns):
            metric, _, more = name.partition(",")
            if metric == "model_errors_total":
                more = 'error_type="internal"'
                column = [value or None for value in column]
            found[f"{metric}{{{labels}{',' + more if more else ''}}}"] = _values(column)
        found[f'model_prediction_latency_seconds_bucket{{{labels},le="+Inf"}}'] = _values(columns[0])
        return found


def _values(column):
    """promtool's notation; a series that was there and is gone is stale."""
    out, there = [], False
    for value in column:
        if value is None:
            out.append("stale" if there else "_")
        else:
            out.append(f"{value:.6g}" if isinstance(value, float) and value < 1e5 else f"{value:.0f}")
        there = value is not None
    return " ".join(out)


def _canaryd(number, scenario, steps):
    """What canaryd exports about the service."""
    service = f'pod="canaryd-0",namespace="ns{number}",inferenceservice="iris",component="predictor"'
    found = {}
    share = scenario.share * 100
    for revision, role, percent in (("iris-2", "canary", share), ("iris-1", "stable", 100 - share)):
        about = f'{service},revision="{revision}"'
        found[f'canaryd_rollout_revision{{job="canaryd",{about},role="{role}"}}'] = f"1+0x{steps}"
        found[f'canaryd_rollout_traffic_percent{{job="canaryd",{about},role="{role}"}}'] = f"{percent:g}+0x{steps}"
    for signal, value in THRESHOLDS.items():
        found[f'canaryd_threshold{{job="canaryd",{service},revision="iris-2",signal="{signal}"}}'] = f"{value}+0x{steps}"
    return found


def _traffic(number, scenario, steps, source):
    stable, canary = _Revision(source), _Revision(source)
    chances = {b: _latency_chances(b) for b in (scenario.stable, scenario.canary)}
    for step in range(steps + 1):
        behaviour = scenario.canary if step * SCRAPE > scenario.change_at else scenario.stable
        expected = scenario.requests_per_second * SCRAPE
        stable.serve(expected * (1 - scenario.share), scenario.stable, chances[scenario.stable])
        canary.serve(expected * scenario.share, behaviour, chances[behaviour])
    return {**stable.series(f'namespace="ns{number}",pod="a",revision="iris-1"'),
            **canary.series(f'namespace="ns{number}",pod="b",revision="iris-2"')}


# One question a service: promtool's engine holds 10,000 samples at most.
_QUERY = 'min_over_time(timestamp(ALERTS{alertstate="firing",namespace="ns%d"})[%ds:%ds])'
_GOT = re.compile(r'\{([^}]*)\} ([0-9.E+-]+)')


def simulate(scenarios, seconds, seed):
    """[Firing], by scenario and time."""
    steps = seconds // SCRAPE
    lines = ["rule_files: [canary.yaml, source.yaml]", f"evaluation_interval: {SCRAPE}s",
             "group_eval_order: [canary-source-model-metrics, canary-source-model-metrics-slow, canary]",
             "tests:", f"  - interval: {SCRAPE}s",
             "    input_series:", f"      - {{series: 'canaryd_watch_synced{{job=\"canaryd\",pod=\"canaryd-0\"}}', values: '1+0x{steps}'}}"]
    for number, scenario in enumerate(scenarios):
        source = random.Random(f"{seed}/{number}")
        series = {**_canaryd(number, scenario, steps), **_traffic(number, scenario, steps, source)}
        lines += [f"      - {{series: '{name}', values: '{values}'}}" for name, values in series.items()]
    # promtool prints what it got only when that is not what was expected.
    lines.append("    promql_expr_test:")
    for number in range(len(scenarios)):
        lines += [f"      - expr: '{_QUERY % (number, seconds, SCRAPE)}'", f"        eval_time: {seconds}s",
                  "        exp_samples: [{labels: '{nothing=\"like\"}', value: -1}]"]
    with temp_folder() as folder:
        (folder / "canary.yaml").write_text((RULES / "canary.yaml").read_text())
        (folder / "source.yaml").write_text((RULES / "sources" / "model-metrics.yaml").read_text())
        (folder / "test.yaml").write_text("\n".join(lines) + "\n")
        _, text = promtool.run("test", "rules", "test.yaml", cwd=folder)
    if text.count("got:") != len(scenarios) or "err:" in text:
        raise AssertionError(f"promtool did not get as far as the questions:\n{text[:4000]}")
    answers = "".join(line for line in text.splitlines() if "got:" in line)
    return sorted(_firings(answers), key=lambda firing: (firing.scenario, firing.at))


def _firings(text):
    for labels, value in _GOT.findall(text):
        found = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        yield Firing(int(found["namespace"].removeprefix("ns")), found["alertname"], float(value))
