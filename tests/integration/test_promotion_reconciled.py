"""The way forward where the sandbox's own controllers play KServe: the test writes nothing of what canaryd sees."""
import unittest

from contract import promotion_lab, promotion_watched
from lab import net
from lab.kserve import Kserve
from lab.sandbox import Sandbox

SANDBOX = None


def setUpModule():
    global SANDBOX
    SANDBOX = Sandbox()
    unittest.addModuleCleanup(SANDBOX.stop)
    promotion_lab.start(lambda ns: f"  url:\n    address: {SANDBOX.url}\n  namespaces: [{ns}]", SANDBOX.request,
                        names=("young",))


class Live(Kserve):
    """A service of the sandbox."""

    def begin(self, percent=5, number=2):
        self.create(None)
        self.follow()
        if percent is not None:
            SANDBOX.apply(self.namespace, self.name, f"v{number}", percent)
            net.wait_until(lambda: self.ready == number, 20, f"revision {number} of {self.name} is ready")
            self.follow()

    def _predictor(self):
        return self.get().get("status", {}).get("components", {}).get("predictor", {})

    def _number(self, field):
        name = self._predictor().get(field, "")
        return int(name.rsplit("-", 1)[1]) if name else None

    @property
    def ready(self):
        return self._number("latestReadyRevision")

    @property
    def stable(self):
        return self._number("latestRolledoutRevision")

    def new_model(self, ready=True):
        number = self._number("latestCreatedRevision") + 1
        SANDBOX.apply(self.namespace, self.name, f"v{number}", keep_percent=True, ready=ready)
        net.wait_until(lambda: self._number("latestCreatedRevision") == number, 20, f"revision {number} of {self.name}")

    def follow(self):
        def follows():
            percent = self.percent_now()
            traffic = self._predictor().get("traffic", [])
            return bool(traffic) and traffic[0]["percent"] == (100 if percent is None else percent)
        net.wait_until(follows, 20, f"status of {self.name} follows")


class NewModels(promotion_watched.NewModels, unittest.TestCase):
    service_class = Live

    def test_an_annotation_makes_a_revision_that_does_not_inherit_the_share(self):
        service = self.canary(25)
        self.dwelt(service, 25)
        self.do(*self.step(service))
        service.follow()
        SANDBOX.annotate(service.namespace, service.name)
        self.wait_record(service, kind="confirmed", reason="restarted")
        self.assertEqual((service.percent_now(), service.ready), (5, 3))


class Observations(promotion_watched.Observations, unittest.TestCase):
    service_class = Live


class Described(promotion_watched.Described, unittest.TestCase):
    service_class = Live


class Stuck(promotion_watched.Watched, unittest.TestCase):
    service_class = Live

    def test_a_canary_that_is_not_ready_blocks_its_rollback_until_there_is_a_good_revision(self):
        service = self.canary(5)
        canary = service.canary_name
        SANDBOX.behave(service.namespace, canary, ready=False, reason="ExitCode137")
        self.told(self.deliver(self.bad(service, revision=canary)), "rolled_back")
        series = f'canaryd_rollback_unconfirmed{{namespace="{service.namespace}",inferenceservice="{service.name}"'
        net.wait_until(lambda: any("rollback_blocked" in text for text in self.daemon.series(series)), 20, "blocked")
        self.wait_record(service, kind="unconfirmed", reason="rollback_blocked")
        self.assertEqual(service.wait_event("RollbackBlocked")["type"], "Warning")
        self.assertEqual(SANDBOX.traffic(service.namespace, service.name)[canary], 5)
        SANDBOX.apply(service.namespace, service.name, "v1", percent=0)  # the remedy of docs/reasons.md
        self.wait_record(service, kind="confirmed", reason="rolled_back")
        net.wait_until(lambda: not self.daemon.series(series), 20, "it is not blocked any more")

    def test_without_the_previous_revision_there_is_no_way_back_from_100(self):
        service = self.canary(75)
        stable = service.stable_name
        self.dwelt(service, 75)
        self.do(*self.step(service))
        service.follow()
        SANDBOX.delete_revision(service.namespace, stable)
        alert = self.bad(service)
        self.told(self.deliver(alert), "rollback_impossible")
        self.assertEqual(service.percent_now(), 100)
        self.assertEqual(service.wait_event("RollbackImpossible")["type"], "Warning")
        self.deliver({**alert, "status": "resolved", "endsAt": "2026-08-01T12:00:00Z"})

    def test_a_status_that_is_early_is_not_believed(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        SANDBOX.reconcile(ingress_delay_seconds=20)
        self.addCleanup(SANDBOX.reconcile, ingress_delay_seconds=0)
        self.do(*self.step(service))
        service.follow()
        record = self.held("not_converged", *self.step(service, "dwell"))
        self.assertIn("the route is not ready", self.failed(record)["not_converged"])


if __name__ == "__main__":
    unittest.main()
