"""The demo: a real Prometheus raises an alert about a canary that misbehaves in the sandbox, a real Alertmanager sends
it over TLS, canaryd takes the canary's traffic away, and the proof is on disk. scripts/demo runs it, tests/e2e asserts it.

    python3 -m lab.demo --canaryd build/release/canaryd --tools FOLDER [--keep]
"""
import argparse
import contextlib
import pathlib
import signal
import sys

from lab import timeline
from lab.chain import Chain, PartFailed
from lab.procs import temp_folder
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


def keep(demo):
    print("\nLeft running until Ctrl-C:")
    for name, url in (("sandbox", demo.sandbox.url), ("canaryd", f"http://{demo.canaryd.admin_address}/metrics"),
                      ("webhook", demo.canaryd.webhook_url), ("prometheus", f"{demo.prometheus.url}/alerts"),
                      ("alertmanager", f"{demo.alertmanager.url}/api/v2/alerts"),
                      ("audit log", demo.canaryd.audit_folder)):
        print(f"  {name:<13} {url}")
    sys.stdout.flush()
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()


def main():
    arguments = argparse.ArgumentParser(description="A canary breaks, an alert fires, canaryd rolls it back.")
    arguments.add_argument("--canaryd", required=True, type=pathlib.Path, help="the binary")
    arguments.add_argument("--tools", required=True, type=pathlib.Path, help="folder of prometheus and alertmanager")
    arguments.add_argument("--interval", default=5, type=int, help="seconds between scrapes (default: %(default)s)")
    arguments.add_argument("--keep", action="store_true", help="leave it running and print the addresses")
    options = arguments.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the children are stopped
    try:
        with temp_folder("canaryd-demo-") as folder, Demo(options.canaryd, options.tools, folder,
                                                          options.interval) as demo:
            print(f"ml/iris: stable {STABLE} with 95 %, canary {CANARY} with 5 %, both healthy.\n"
                  "Waiting until Prometheus has seen enough requests to judge the canary by.\n", flush=True)
            story = Story(demo)
            print("\n".join(story.text()) + "\n", flush=True)
            faults = story.faults()
            print("\n".join(faults) or "The canary was rolled back, and the log proves it.", flush=True)
            if options.keep:
                keep(demo)
            return 1 if faults else 0
    except PartFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; everything is stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
