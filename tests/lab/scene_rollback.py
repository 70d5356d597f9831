"""Scene one of the demo: a canary breaks, an alert fires, canaryd takes the canary's traffic away, and the proof is on
disk. With the shipped rules and the shipped route as they are."""
from lab import timeline
from lab.chain import Chain, PartFailed
from lab.prometheus import ROLLBACK

NAMESPACE, SERVICE = "ml", "iris"
STABLE, CANARY = "iris-predictor-00001", "iris-predictor-00002"


class Demo(Chain):
    """The chain with the sandbox's default scenario."""

    def shares(self):
        return self.sandbox.traffic(NAMESPACE, SERVICE)

    def wait_healthy(self):
        """Until Prometheus sees the canary in flight, with enough healthy requests to judge it by."""
        self.wait_targets({("canaryd", "canaryd", "canaryd-0"),
                           ("model-servers", NAMESPACE, f"{STABLE}-deployment-0"),
                           ("model-servers", NAMESPACE, f"{CANARY}-deployment-0")})
        self.wait("sandbox", lambda: self.shares() == {STABLE: 95, CANARY: 5}, 10, "ml/iris at 95 % and 5 %")
        self.wait("prometheus", lambda: self.prometheus.query(f'canary:in_flight:info{{revision="{CANARY}"}}'), 30,
                  "the canary of ml/iris in the rules")
        enough = (f'canary:canary_requests:increase30s{{revision="{CANARY}"}} >= 50 and on (revision) '
                  f'canary:canary_error_ratio:rate30s{{revision="{CANARY}"}} < 0.05')
        self.wait("prometheus", lambda: self.prometheus.query(enough), 60, "50 requests to the canary, healthy ones")
        if alerts := self.prometheus.alerts(names=ROLLBACK):
            raise PartFailed("prometheus", f"an alert before anything is wrong: {alerts}")

    def break_canary(self):
        """Every request to the canary fails from the returned moment on."""
        moment = timeline.now()
        self._part("sandbox", lambda: self.sandbox.behave(NAMESPACE, CANARY, error_ratio=1))
        return moment

    def record(self, kind):
        return next((r for r in self.trail(NAMESPACE, SERVICE) if r["kind"] == kind), None)


class Story:
    """One run from healthy to confirmed, and what it left behind."""

    def __init__(self, demo):
        demo.wait_healthy()
        self.generation_before = demo.sandbox.service(NAMESPACE, SERVICE)["metadata"]["generation"]
        self.breach = demo.break_canary()
        firing = demo.wait("prometheus", lambda: demo.prometheus.alerts("firing", ROLLBACK), 60, "an alert is firing")
        self.alert = firing[0]
        self.alertname = self.alert["labels"]["alertname"]
        self.fired = timeline.at(self.alert["activeAt"])
        self.sent = demo.wait("alertmanager", lambda: demo.alertmanager.sent_at(self.alertname), 30,
                              "the alert is sent to canaryd")
        self.intent = demo.wait("canaryd", lambda: demo.record("intent"), 30, "a decision to roll back is recorded")
        self.outcome = demo.wait("canaryd", lambda: demo.record("outcome"), 30, "the outcome is recorded")
        self.confirmed = demo.wait("canaryd", lambda: demo.record("confirmed"), 60, "the rollback is confirmed")
        self.trail = demo.trail(NAMESPACE, SERVICE)
        self.shares = demo.shares()
        self.service = demo.sandbox.service(NAMESPACE, SERVICE)
        self.verify_code, self.verdict = demo.canaryd.verify()

    def faults(self):
        """What is not as it must be; empty when all is."""
        change = (self.intent.get("changes") or [{}])[0]
        checks = {
            f"the canary has no traffic in status, it has {self.shares}":
                self.shares.get(CANARY, 0) == 0 and self.shares.get(STABLE) == 100,
            "canaryTrafficPercent is 0": self.service["spec"]["predictor"].get("canaryTrafficPercent") == 0,
            f"the intent takes {CANARY} from 5 to 0":
                (change.get("canary"), change.get("percent_before"), change.get("percent_after")) == (CANARY, 5, 0),
            f"the intent names the alert {self.alertname}":
                self.alertname in [alert["name"] for alert in self.intent["alerts"]],
            "generation rose by one":
                self.service["metadata"]["generation"] == self.generation_before + 1,
            "the outcome says applied": self.outcome.get("api", {}).get("result") == "applied",
            "the audit log verifies": self.verify_code == 0,
        }
        return [f"expected: {what}" for what, holds in checks.items() if not holds]

    def timeline(self):
        labels = self.alert["labels"]
        line = timeline.Timeline("breach", self.breach, f"every request to {CANARY} fails from now on")
        line.add("rule firing", self.fired, f"{self.alertname} in Prometheus, for {labels['namespace']}/"
                 f"{labels['inferenceservice']} revision {labels['revision']}")
        line.add("notification", self.sent, "Alertmanager sends it to canaryd over TLS")
        line.add("decision", timeline.at(self.intent["time"]), f"{self.intent['verdict']}, on disk before the patch")
        line.add("patch", timeline.at(self.outcome["time"]), f"{self.outcome['api']['result']}, outcome on disk")
        line.add("confirmation", timeline.at(self.confirmed["time"]), "the cluster's status shows the canary at 0 %")
        return line

    def text(self):
        yield "Timeline (UTC):"
        yield from self.timeline().lines()
        yield ""
        yield f"Audit trail of decision {self.intent['id']}:"
        yield from timeline.trail(self.trail)
        yield ""
        yield "canaryd audit verify:"
        yield from (f"  {line}" for line in self.verdict.splitlines())
        yield ""
        yield "Traffic of ml/iris now: " + ", ".join(f"{r} {p} %" for r, p in sorted(self.shares.items()))
