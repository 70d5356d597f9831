"""Scenes two and three of the demo, side by side: a healthy canary goes from stage to stage and is promoted, another
one breaks at 50 % and is taken back.

With the shipped rules a canary takes at least 25 minutes from 5 % to the end. So everything that takes time is divided by
FASTER here: each window and each `for` of the rules, the intervals of Alertmanager's route. The dwell is what is left of
the least that canaryd accepts without `short_dwell`, 4m10s, and a little more. What is not divided: canaryd's first two
minutes, in which nothing goes forward.
"""
import datetime
import pathlib

from lab import net, timeline
from lab.chain import Chain, PartFailed
from lab.rules import faster, faster_route, rendered_rules

NAMESPACE, HEALTHY, SICK = "ml", "wine", "digits"
STAGES = (5, 10, 25, 50, 75, 100)
BREAKS_AT = 50
FASTER = 20
DWELL = 15
WARM_UP = 120
CONFIG = f"""prometheus:
  url: http://127.0.0.1:{{port}}
policies:
  - name: demo
    promotion:
      enabled: true
      dwell: {DWELL}s
      short_dwell: true
"""
ACTIONS = ("advance", "promote", "rollback")


def revision(name, number):
    return f"{name}-predictor-0000{number}"


def seconds(later, earlier):
    return (later - earlier).total_seconds()


class Step:
    """A decision that became a patch, from its records."""

    def __init__(self, records):
        self.records = {record["kind"]: record for record in records}
        self.intent = self.records["intent"]
        self.action = self.intent["action"]
        change = (self.intent.get("changes") or [{}])[0]
        self.canary = change.get("canary")
        self.before, self.after = change.get("percent_before"), change.get("percent_after")

    def time(self, kind):
        return timeline.at(self.records[kind]["time"]) if kind in self.records else None

    def is_done(self):
        return "confirmed" in self.records

    def name(self):
        return "promotion" if self.action == "promote" else f"{self.before} to {self.after} %"


class Promotion(Chain):
    """The chain with two services that have no canary yet, a policy that promotes, and time divided by FASTER."""

    def __init__(self, canaryd, tools, folder):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        port = net.free_port()
        services = [{"namespace": NAMESPACE, "name": name, "requests_per_second": 1000} for name in (HEALTHY, SICK)]
        super().__init__(canaryd, tools, folder, interval=0.5, scenario={"services": services},
                         rules=rendered_rules(folder / "rules", lambda text: faster(text, FASTER)),
                         route=lambda text: faster_route(text, FASTER), more=CONFIG.format(port=port),
                         prometheus_port=port)

    def __enter__(self):
        super().__enter__()
        self.warm_at = timeline.now() + datetime.timedelta(seconds=WARM_UP)
        return self

    def shares(self, name):
        return self.sandbox.traffic(NAMESPACE, name)

    def apply(self, name):
        """A new model with the first stage's share; the moment of it."""
        moment = timeline.now()
        self._part("sandbox", lambda: self.sandbox.apply(NAMESPACE, name, "v2", STAGES[0]))
        expected = {revision(name, 1): 100 - STAGES[0], revision(name, 2): STAGES[0]}
        self.wait("sandbox", lambda: self.shares(name) == expected, 20, f"{NAMESPACE}/{name} at {STAGES[0]} %")
        return moment

    def break_canary(self, name):
        moment = timeline.now()
        self._part("sandbox", lambda: self.sandbox.behave(NAMESPACE, revision(name, 2), error_ratio=1))
        return moment

    def steps(self, name):
        return [Step(records) for records in self.trails(NAMESPACE, name, ACTIONS)]

    def last_word(self, name):
        """The last decision about a service, for when one does not come."""
        words = [r["message"] for r in self.canaryd.records() if r.get("target", {}).get("name") == name]
        return words[-1] if words else "nothing was decided"


class Rollout:
    """What became of one service."""

    def __init__(self, demo, name):
        self.name, self.canary, self.stable = name, revision(name, 2), revision(name, 1)
        self.applied = demo.apply(name)
        self.steps = []
        self.said = 0

    def look(self, demo, say):
        self.steps = demo.steps(self.name)
        done = [step for step in self.steps if step.is_done()]
        for step in done[self.said:]:
            say(f"  {timeline.clock(step.time('confirmed'))}  {NAMESPACE}/{self.name:<7} {step.name()}")
        self.said = max(self.said, len(done))
        return done

    def finish(self, demo):
        self.service = demo.sandbox.service(NAMESPACE, self.name)
        self.spec = self.service["spec"]["predictor"]
        self.status = self.service["status"]["components"]["predictor"]
        self.shares = demo.shares(self.name)

    def walked(self):
        return [(step.action, step.before, step.after) for step in self.steps]

    def timeline(self):
        line = timeline.Timeline("applied", self.applied, f"model v2 of {NAMESPACE}/{self.name} with {STAGES[0]} %: "
                                 f"revision {self.canary}")
        since = self.applied
        for step in self.steps:
            if step.action == "rollback":
                break
            decided, patched, shown = (step.time(kind) for kind in ("intent", "outcome", "confirmed"))
            line.add(step.name(), decided, f"decided after {seconds(decided, since):.1f} s at {step.before} %; patch applied "
                     f"{seconds(patched, decided) * 1000:.0f} ms later, shown {seconds(shown, patched) * 1000:.0f} ms later")
            since = shown
        return line

    def dwells(self):
        """Seconds from the moment that status showed a stage to the decision that ended it."""
        since = self.applied
        for step in self.steps:
            if step.action != "rollback":
                yield seconds(step.time("intent"), since)
            since = step.time("confirmed")


class Story:
    """One run of both scenes, and what it left behind. `say` gets a line for each step as it happens."""

    def __init__(self, demo, say=lambda line: None):
        demo.wait_targets({("canaryd", "canaryd", "canaryd-0"), *(
            ("model-servers", NAMESPACE, f"{revision(name, 1)}-deployment-0") for name in (HEALTHY, SICK))})
        # The first dwell may fall into the warm-up: then the first step is decided when both are over.
        start = demo.warm_at - datetime.timedelta(seconds=DWELL)
        demo.wait("canaryd", lambda: timeline.now() >= start, WARM_UP + 30, "canaryd's first two minutes are over")
        self.healthy, self.sick = Rollout(demo, HEALTHY), Rollout(demo, SICK)
        self.breach = None
        try:
            demo.wait("canaryd", lambda: self._look(demo, say), 3 * DWELL * len(STAGES), "both canaries at their end")
        except PartFailed as failed:
            words = "; ".join(demo.last_word(name) for name in (HEALTHY, SICK))
            failed.args = (f"{failed}\nThe last decisions: {words}",)
            raise
        self.healthy.finish(demo)
        self.sick.finish(demo)
        self.rollback = self.sick.steps[-1]
        self.alertname = self.rollback.intent["alerts"][0]["name"]
        self.sent = demo.alertmanager.sent_at(self.alertname)
        self.records = demo.canaryd.records()
        self.verify_code, self.verdict = demo.canaryd.verify()

    def _look(self, demo, say):
        healthy, sick = self.healthy.look(demo, say), self.sick.look(demo, say)
        if self.breach is None and any(step.after == BREAKS_AT for step in sick):
            self.breach = demo.break_canary(SICK)
            say(f"  {timeline.clock(self.breach)}  {NAMESPACE}/{SICK:<7} breaks: every request to {self.sick.canary} fails")
        return [steps for steps in (healthy, sick) if not steps or steps[-1].action == "advance"] == []

    def faults(self):
        """What is not as it must be; empty when all is."""
        return [f"expected: {what}" for what, holds in {**self._promoted(), **self._taken_back()}.items() if not holds]

    def _promoted(self):
        one = self.healthy
        steps = [("advance", *pair) for pair in zip(STAGES, STAGES[1:])] + [("promote", STAGES[-1], None)]
        return {
            f"canaryTrafficPercent of {one.name} is removed": "canaryTrafficPercent" not in one.spec,
            f"{one.canary} has all traffic in status, it is {one.shares}": one.shares == {one.canary: 100},
            f"{one.canary} is the stable revision": one.status.get("latestRolledoutRevision") == one.canary,
            f"one stage at a time, it was {one.walked()}": one.walked() == steps,
            f"each dwell is served, they were {[round(s, 3) for s in one.dwells()]}": min(one.dwells()) >= DWELL,
            "each step names CanaryHealthy":
                all([alert["name"] for alert in step.intent["alerts"]] == ["CanaryHealthy"] for step in one.steps),
            "the audit log verifies": self.verify_code == 0,
        }

    def _taken_back(self):
        one, stages = self.sick, STAGES[:STAGES.index(BREAKS_AT) + 1]
        steps = [("advance", *pair) for pair in zip(stages, stages[1:])] + [("rollback", BREAKS_AT, 0)]
        return {
            f"canaryTrafficPercent of {one.name} is 0": one.spec.get("canaryTrafficPercent") == 0,
            f"{one.canary} has no traffic in status, it is {one.shares}":
                one.shares.get(one.canary, 0) == 0 and one.shares.get(one.stable) == 100,
            f"{one.name} goes up to {BREAKS_AT} % and back, it was {one.walked()}": one.walked() == steps,
            "the rollback comes after the breach": self.rollback.time("intent") > self.breach,
        }

    def promotion_seconds(self):
        """From 5 % in the spec to the promotion in status."""
        return seconds(self.healthy.steps[-1].time("confirmed"), self.healthy.applied)

    def rollback_seconds(self):
        """From the breach to 0 % in status."""
        return seconds(self.rollback.time("confirmed"), self.breach)

    def _sick_timeline(self):
        line = self.sick.timeline()
        alert = self.rollback.intent["alerts"][0]
        line.add("breach", self.breach, f"every request to {self.sick.canary} fails from now on")
        line.add("rule firing", timeline.at(alert["starts_at"]), f"{self.alertname} in Prometheus")
        line.add("notification", self.sent, "Alertmanager sends it to canaryd over TLS")
        line.add("decision", self.rollback.time("intent"), f"{self.rollback.intent['verdict']}: "
                 f"{self.rollback.before} % to {self.rollback.after} %, on disk before the patch")
        line.add("patch", self.rollback.time("outcome"), "applied, outcome on disk")
        line.add("confirmation", self.rollback.time("confirmed"), "the cluster's status shows the canary at 0 %")
        return line

    def text(self):
        yield f"{NAMESPACE}/{HEALTHY}: a healthy canary (UTC):"
        yield from self.healthy.timeline().lines()
        yield (f"  From 5 % to promoted in {self.promotion_seconds():.1f} s; "
               f"the dwells alone are {len(STAGES)} x {DWELL} s = {len(STAGES) * DWELL} s.")
        yield ""
        yield f"{NAMESPACE}/{SICK}: one that breaks at {BREAKS_AT} % (UTC):"
        yield from self._sick_timeline().lines()
        yield f"  From the breach to 0 % in {self.rollback_seconds():.1f} s."
        yield ""
        step = self.healthy.steps[0]
        yield f"Audit trail of the step from {step.before} to {step.after} %, decision {step.intent['id']}:"
        yield from timeline.trail(step.records.values())
        yield ""
        yield "canaryd audit verify:"
        yield from (f"  {line}" for line in self.verdict.splitlines())
        yield ""
        for one in (self.healthy, self.sick):
            yield f"Traffic of {NAMESPACE}/{one.name} now: " + ", ".join(
                f"{r} {p} %" for r, p in sorted(one.shares.items()))
