"""What is around a rollout: another replica, mode observe, many rollbacks at once, defaults that ask for nothing."""
import concurrent.futures
import json

from contract.promotion_by_alert import ByAlert
from lab import net, notify
from lab.kserve import WithTransformer


class Replicas(ByAlert):
    """Two that share a ConfigMap, each with its own log; Alertmanager tells both."""

    def setUp(self):
        self.lab.wait_warm("twin")
        super().setUp()
        self.twin = self.lab.daemons["twin"]
        self.lab.prometheus["twin"].healthy()

    def deliver_to(self, daemon, *alerts):
        return notify.deliver(daemon, self.lab.context, list(alerts), timeout=30)

    def test_the_same_alert_is_one_stage(self):
        service = self.canary(5)
        for daemon in (self.daemon, self.twin):
            daemon.wait_dwelt(service.namespace, service.name, 5)
        alert, before = self.healthy(service, 5), service.get()["metadata"]["generation"]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda daemon: self.deliver_to(daemon, alert), (self.daemon, self.twin)))
        self.assertEqual([answer.status for answer in answers], [200, 200], answers)
        self.assertEqual((service.percent_now(), service.get()["metadata"]["generation"]), (10, before + 1))
        code, text = self.twin.verify()
        self.assertEqual(code, 0, text)

    def test_what_one_holds_or_rolled_back_the_other_holds_too(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        self.assertEqual(self.twin.command("hold", service.target, "--reason", "x")[0], 0)
        record = self.hold(service, "held", self.healthy(service, 5))
        self.assertEqual(set(self.failed(record)), {"held"})
        self.do("release", service.target)
        self.told(self.deliver_to(self.twin, self.bad(service)), "rolled_back")
        service.follow()
        self.entry(f"quarantine.{service.namespace}.{service.name}.{service.canary_name}")
        service.percent(5)
        service.follow()
        self.dwelt(service, 5)
        record = self.hold(service, "quarantined", self.healthy(service, 5))
        self.assertEqual(set(self.failed(record)), {"quarantined"})


class Observed(ByAlert):
    def test_what_would_be_done_is_tried_and_written_down_and_nothing_is_changed(self):
        service = self.canary(5, "observed")
        self.dwelt(service, 5)
        record = self.hold(service, "observe_only", self.healthy(service, 5))
        self.assertEqual(set(self.failed(record)), {"observe_only"})
        self.tried(record, service, 5, 10)
        before = service.get()
        self.told(self.deliver(self.bad(service)), "observe_only")
        self.assertEqual(service.get()["metadata"]["generation"], before["metadata"]["generation"])
        self.tried(self.about(service, kind="decision", action="rollback")[-1], service, 5, 0)
        self.assertEqual(self.about(service, kind="intent"), [])

    def test_a_new_model_under_another_ones_share_is_left_there_and_the_way_back_is_tried(self):
        service = self.canary(25, "observed")
        service.percent(50, manager="canaryd/another")  # as a replica left it that was let act
        service.follow()
        service.new_model()
        record = self.wait_record(service, kind="decision", action="restart")
        self.assertEqual((record["verdict"], record["reason"]), ("hold", "observe_only"))
        self.tried(record, service, 50, 5)
        self.assertEqual((service.percent_now(), self.about(service, kind="intent")), (50, []))

    def tried(self, record, service, percent, to):
        (change,) = record["changes"]
        self.assertEqual((change["canary"], change["percent_before"], change["percent_after"]),
                         (service.canary_name, percent, to))
        self.assertIn({"op": "replace", "path": "/spec/predictor/canaryTrafficPercent", "value": to},
                      json.loads(record["patch"]))
        self.assertEqual(record["api"]["http_status"], 200)


class Frozen(ByAlert):
    def test_nothing_goes_forward_in_a_freeze_window_unless_a_person_names_it_and_a_rollback_knows_none(self):
        service = self.canary(5, "frozen")
        self.dwelt(service, 5)
        record = self.hold(service, "frozen", self.healthy(service, 5))
        self.assertEqual(set(self.failed(record)), {"frozen"})
        self.assertIn("Asia/Kolkata", self.failed(record)["frozen"])
        self.assertEqual(self.daemon.row(service.namespace, service.name)["held_by"], ["frozen"])
        self.held("frozen", "advance", service.target)
        self.do("advance", service.target, "--override", "frozen")
        self.assertEqual(service.percent_now(), 10)
        service.follow()
        self.told(self.deliver(self.bad(service)), "rolled_back")
        self.assertEqual(service.percent_now(), 0)

    def test_a_window_that_is_not_open_holds_nothing(self):
        service = self.canary(5, "thawed")
        self.advance(service, 5, 10)


class Components(ByAlert):
    service_class = WithTransformer

    def test_several_canaries_of_a_service_hold_each_other_and_go_back_together(self):
        service = self.canary(5)
        self.dwelt(service, 5)
        record = self.hold(service, "several_components", self.healthy(service, 5))
        self.assertEqual(self.failed(record), {"several_components": "also in flight: transformer"})
        record = self.held("several_components", "advance", service.target)
        self.assertEqual(set(self.failed(record)), {"several_components"})
        self.told(self.deliver(self.bad(service)), "rolled_back")
        self.assertEqual([service.percent_now(component) for component in service.components], [0, 0])
        (intent,) = self.about(service, kind="intent")
        self.assertEqual([change["component"] for change in intent["changes"]], list(service.components))

    def test_one_canary_beside_a_component_without_one_goes_forward(self):
        service = self.canary(5)
        service.percent(None, "transformer")
        transformer = service.revision(2, "transformer")
        service.status(2, 2, 2, 1, [(2, 100, None)], "transformer")
        service.components = ("predictor",)  # the transformer is done
        net.wait_until(lambda: not self.daemon.series(f'canaryd_rollout_revision{{namespace="{service.namespace}",'
                       f'inferenceservice="{service.name}",component="transformer",revision="{transformer}"'), 20,
                       "the transformer's canary is the stable revision")
        self.advance(service, 5, 10)


class Breaker(ByAlert):
    name = "breaker"

    def test_many_rollbacks_stop_promotions_and_no_rollback(self):
        sick = [self.canary(5) for _ in range(5)]
        service = self.canary(5)
        for one in sick[:3]:
            self.told(self.deliver(self.bad(one)), "rolled_back")
        self.assertEqual(self.daemon.series("canaryd_breaker_open "), {"canaryd_breaker_open": 0})
        self.advance(service, 5, 10)
        self.told(self.deliver(self.bad(sick[3])), "rolled_back")
        self.assertEqual(self.daemon.series("canaryd_breaker_open "), {"canaryd_breaker_open": 1})
        self.dwelt(service, 10)
        record = self.hold(service, "breaker_open", self.healthy(service, 10))
        self.assertEqual(set(self.failed(record)), {"breaker_open"})
        self.told(self.deliver(self.bad(sick[4])), "rolled_back")
        self.assertEqual([one.percent_now() for one in sick], [0] * 5)
        self.do("advance", service.target, "--override", "breaker_open")
        self.assertEqual(service.percent_now(), 25)


class Defaults(ByAlert):
    name = "defaults"

    def test_nothing_is_promoted_until_a_policy_asks_for_it(self):
        service = self.canary(5)
        record = self.hold(service, "promotion_off", self.healthy(service, 5))
        self.assertIn("promotion_off", self.failed(record))
        self.assertNotIn("warming_up", self.failed(record))
        self.assertEqual(self.prometheus.queries, [])
        self.told(self.deliver(self.bad(service)), "rolled_back")
        self.assertEqual(service.percent_now(), 0)
