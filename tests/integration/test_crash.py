"""kill -9 at every system call between receiving a notification and answering it. The audit folder goes on from death to
death, as it would in life; Alertmanager's retry is played after each restart."""
import http.client
import os
import pathlib
import tempfile
import time
import unittest

from lab import net, notify
from lab.cluster import StatusWriter
from lab.daemon import Canaryd
from lab.misbehaving import MisbehavingApi
from lab.pki import Pki
from lab.sandbox import Sandbox
from lab.shim import Shim

MOST_CALLS = 300
# Kind by kind, so that no run is off by one because an answer came in two pieces.
CALLS = ("accept4", "read", "write", "fdatasync", "send", "recv", "shutdown", "close")


class Victim:
    """A daemon under the shim, started anew after each death, and the services that it is told about."""

    def __init__(self, sandbox, pki, folder, url=None, **death):
        self.sandbox = sandbox
        self.url = url or sandbox.url
        self.pki = pki
        self.context = pki.client_context()
        self.folder = pathlib.Path(folder)
        self.death = death
        self.shim = Shim(folder, os.environ["CANARYD"])
        self.daemon = None
        self.restart()

    def restart(self):
        self.stop()
        self.daemon = Canaryd(self.shim.program, self.folder, self.url, self.pki)

    def stop(self):
        self.shim.disarm()
        if self.daemon:
            self.daemon.stop()
        self.daemon = None

    def canary(self, name):
        """A new service with a canary at 20 %, whose rehearsal is over: the calls that come belong to the delivery."""
        service = StatusWriter(self.sandbox.request, "ml", name)
        service.canary(20)
        net.wait_until(lambda: self.records(service, "decision"), 20, f"the rehearsal of {name}")
        return service

    def records(self, service, *kinds):
        return [r for r in self.daemon.records()
                if r.get("target", {}).get("name") == service.name and r["kind"] in kinds]

    def deliver(self, alerts):
        """The answer's status; None when the connection was cut."""
        try:
            return notify.deliver(self.daemon, self.context, alerts).status
        except (OSError, http.client.HTTPException):
            return None

    def dies_at(self, nth, alerts):
        """Delivers; returns what it died in, None when it lived through all."""
        self.shim.kill_at(nth, **self.death)
        status = self.deliver(alerts)
        if status is not None:
            time.sleep(0.05)  # the connection's end is counted too
        self.shim.disarm()
        if status is not None and not self.shim.call:
            return None
        self.daemon.process.wait_exit(10)
        return self.shim.call

    def retry(self, alerts):
        """As Alertmanager does: until it is answered with 2xx."""
        net.wait_until(lambda: self.deliver(alerts) == 200, 20, "the retry is answered with 200", 0.2)


class LateAnswers(MisbehavingApi):
    """Applies a patch at once and tells so `late` seconds later."""

    late = 0

    def _forward(self, handler, body):
        answer = super()._forward(handler, body)
        if handler.command == "PATCH" and "dryRun=" not in handler.path:
            time.sleep(self.late)
        return answer


class Crash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls._folder = tempfile.TemporaryDirectory(prefix="canaryd-crash-")
        cls.addClassCleanup(cls._folder.cleanup)
        cls.folder = pathlib.Path(cls._folder.name)
        cls.pki = Pki(cls.folder / "pki")
        cls.sandbox = Sandbox()
        cls.addClassCleanup(cls.sandbox.stop)
        cls.sandbox.pause()

    def assert_rolled_back_once(self, service, generation):
        now = service.get()
        self.assertEqual(now["spec"]["predictor"]["canaryTrafficPercent"], 0)
        self.assertEqual(now["metadata"]["generation"], generation + 1)

    def assert_records_are_true(self, victim, service, generation):
        """Every intent got one outcome; one patch, which took the generation one further, is claimed by one of them at
        most; it was confirmed once."""

        def outcomes():
            intents = {r["id"] for r in victim.records(service, "intent")}
            found = victim.records(service, "outcome")
            return found if intents <= {r["id"] for r in found} else None

        # Where an intent lost its process, the object tells at the next look at it, within a second or two.
        found = net.wait_until(outcomes, 40, f"an outcome for each intent about {service.name}")
        intents = victim.records(service, "intent")
        self.assertEqual(sorted(r["id"] for r in intents), sorted(r["id"] for r in found), found)
        self.assertEqual({r["generation"] for r in intents}, {generation}, intents)
        applied = [r["id"] for r in found if r["api"]["result"] == "applied"]
        self.assertEqual(len(applied), 1, found)
        net.wait_until(lambda: victim.records(service, "confirmed"), 20, f"the confirmation of {service.name}")
        self.assertEqual([r["id"] for r in victim.records(service, "confirmed", "unconfirmed")], applied)

    def dies_everywhere(self, services=1, **death):
        """Returns how many deaths it took until a delivery lived."""
        name = "-".join(str(part) for part in (*death.values(), services)).lower()
        victim = Victim(self.sandbox, self.pki, self.folder / name, **death)
        self.addCleanup(victim.stop)
        for nth in range(1, MOST_CALLS):
            targets = [victim.canary(f"{name}-{nth}-{chr(97 + i)}") for i in range(services)]
            alerts = [notify.alert(target.name, target.revision(2)) for target in targets]
            before = {target.name: target.get()["metadata"]["generation"] for target in targets}
            died_in = victim.dies_at(nth, alerts)
            if died_in:
                victim.restart()
                victim.retry(alerts)
            with self.subTest(nth=nth, died_in=died_in, services=services, **death):
                for target in targets:
                    self.assert_rolled_back_once(target, before[target.name])
                    target.status(2, 2, 1, None, [(2, 0, None), (1, 100, "prev")])
                    self.assert_records_are_true(victim, target, before[target.name])
                code, text = victim.daemon.verify()
                self.assertEqual(code, 0, text)
            if not died_in:
                victim.stop()
                return nth - 1
        return self.fail(f"still dying at call {MOST_CALLS}")

    def dies_in_each(self, calls, when, services=1):
        """{call: deaths}."""
        deaths = {call: self.dies_everywhere(services, when=when, only=call) for call in calls}
        print(f"{sum(deaths.values())} deaths {when} a call: {deaths}")
        return deaths

    def assert_seen(self, deaths, **least):
        """The shim is of use only when it saw these: the intent, the patch, the outcome, the answer."""
        for call, number in least.items():
            self.assertGreaterEqual(deaths[call], number, deaths)

    def test_killed_before_each_call(self):
        self.assert_seen(self.dies_in_each(CALLS, "before"), accept4=1, read=4, write=4, fdatasync=2, send=1, recv=1)

    def test_killed_after_each_call(self):
        self.assert_seen(self.dies_in_each(CALLS, "after"), accept4=1, read=4, write=4, fdatasync=2, send=1, recv=1)

    def test_killed_halfway_through_each_write(self):
        self.assert_seen(self.dies_in_each(("write", "send"), "halfway"), write=4, send=1)

    def test_killed_with_two_services_in_one_notification(self):
        deaths = self.dies_in_each(("write", "fdatasync", "send", "recv"), "before", services=2)
        self.assert_seen(deaths, write=6, fdatasync=4, send=2, recv=2)

    def test_killed_while_the_calls_of_all_threads_count(self):
        self.assertGreater(self.dies_everywhere(services=2, when="before", every_thread=True), 10)

    def test_an_intent_that_was_never_sent_is_not_credited_with_the_patch_of_the_retry(self):
        api = LateAnswers(self.sandbox.url)
        self.addCleanup(api.stop)
        victim = Victim(self.sandbox, self.pki, self.folder / "late", api.url, when="before", only="send")
        self.addCleanup(victim.stop)
        service = victim.canary("late")
        alerts = [notify.alert("late", service.revision(2))]
        before = service.get()["metadata"]["generation"]
        self.assertEqual(victim.dies_at(1, alerts), "send")
        victim.restart()
        api.late = 3  # meanwhile the object shows the retry's patch, and the lost intent is looked at every second
        victim.retry(alerts)
        self.assert_rolled_back_once(service, before)
        service.status(2, 2, 1, None, [(2, 0, None), (1, 100, "prev")])
        self.assert_records_are_true(victim, service, before)
        # Beside these two stands one of the quarantine, which the API server would not take for 5 s.
        lost, sent = (r for r in victim.records(service, "intent") if r["action"] == "rollback")
        results = {r["id"]: r["api"]["result"] for r in victim.records(service, "outcome") if r["action"] == "rollback"}
        self.assertEqual(results, {lost["id"]: "not_applied", sent["id"]: "applied"})


if __name__ == "__main__":
    unittest.main()
