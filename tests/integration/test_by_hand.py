"""What a person does by hand: the commands of `canaryd` and the API behind them, and what the audit log says of it."""
import json
import time
import unittest

from lab import daemon_case as case
from lab import net
from lab import notify
from lab.by_hand_case import YOUNG, ByHand
from lab.cluster import StatusWriter
from lab.daemon_case import DaemonCase

setUpModule = case.set_up


class Rollbacks(ByHand):
    def test_a_rollback_is_done_and_recorded_with_who_asked_and_why(self):
        records = self.do("rollback", self.target, "--reason", "answers in \"French\"")
        self.assertEqual(self.percent(), 0)
        self.assertEqual([record["kind"] for record in records], ["intent", "outcome"])
        self.assertEqual(records[1]["api"]["result"], "applied")
        for record in records:
            self.assertEqual(record["actor"], "token:alice")
            self.assertEqual(record["because"], "answers in \"French\"")
            self.assertEqual((record["action"], record["reason"]), ("rollback", "rolled_back"))
            self.assertEqual(record["target"]["name"], self.service.name)
            self.assertNotIn("alerts", record)
            (change,) = record["changes"]
            self.assertEqual((change["percent_before"], change["percent_after"]), (10, 0))

    def test_what_is_done_already_is_no_failure(self):
        self.do("rollback", self.target, "--reason", "x")
        self.service.status(2, 2, 1, None, [(2, 0, None), (1, 100, "prev")])
        (record,) = self.do("rollback", self.target, "--reason", "again")
        self.assertEqual((record["verdict"], record["because"]), ("noop", "again"))

    def test_a_revision_that_is_not_the_canary_is_left_alone(self):
        self.held("stale_revision", "rollback", self.target, "--reason", "x", "--revision", self.service.revision(1))
        self.assertEqual(self.percent(), 10)
        self.do("rollback", self.target, "--reason", "x", "--revision", self.service.revision(2))
        self.assertEqual(self.percent(), 0)

    def test_a_service_that_is_not_there(self):
        self.held("not_found", "rollback", "ml/ghost", "--reason", "x")

    def test_a_hold_does_not_hold_a_rollback(self):
        self.do("hold", self.target, "--reason", "x")
        self.do("rollback", self.target, "--reason", "x")
        self.assertEqual(self.percent(), 0)


class Steps(ByHand):
    def test_a_step_is_held_by_every_guard_that_stops_it_and_all_are_recorded(self):
        self.do("hold", self.target, "--reason", "x")
        record = self.held(None, *self.advance())
        self.assertLessEqual({"held", "dwell"}, self.failed_guards(record))
        self.assertEqual(self.percent(), 10)

    def test_a_step_goes_one_stage_when_what_stops_it_is_named(self):
        records = self.do(*self.advance(*YOUNG))
        self.assertEqual(self.percent(), 25)
        self.assertEqual([record["kind"] for record in records], ["intent", "outcome"])
        overridden = {guard["guard"]: guard["passed"] for guard in records[0]["guards"] if guard.get("overridden")}
        self.assertLessEqual({"dwell", "gate_unknown"}, set(overridden))  # the daemon may be warm by now
        self.assertNotIn(True, overridden.values())
        self.assertIsNotNone(self.daemon.metric('canaryd_overrides_total{guard="dwell"}'))

    def test_a_bad_alert_cannot_be_passed_over(self):
        self.daemon.deliver(notify.alert(self.service.name, self.service.revision(2)))
        self.service.percent(10)
        self.service.status(2, 2, 1, None, [(2, 10, None), (1, 90, "prev")])
        code, _, err = self.run_command(*self.advance("bad_alert_active"))
        self.assertEqual(code, 2)
        self.assertIn("expected a guard that may be overridden (held, ", err)
        code, _, err = self.run_command(*self.advance(*YOUNG, "quarantined", "lowered_by_hand"))
        self.assertEqual(code, 1, err)
        self.assertIn("bad_alert_active", err)
        self.assertEqual(self.percent(), 10)

    def test_a_promotion_is_for_the_last_stage(self):
        words = ["promote", self.target, "--reason", "x", *(word for guard in YOUNG for word in ("--override", guard))]
        self.held("not_last_stage", *words)
        self.service.percent(100)
        self.service.status(2, 2, 2, 1, [(2, 100, None)])
        net.wait_until(lambda: self.run_command(*words)[0] == 0, 20, "the promotion")
        self.assertIsNone(self.percent())


class HoldsAndStops(ByHand):
    def hold_and_release(self, key, *scope):
        self.do("hold", *scope, "--reason", "the database moves", "--for", "2h")
        entry = self.state()[key]
        self.assertEqual((entry["by"], entry["reason"]), ("token:alice", "the database moves"))
        self.assertIn("until", entry)
        record = self.held("held", *self.advance(*YOUNG))
        self.assertIn("held", self.failed_guards(record))
        for record in self.do("release", *scope, "--reason", "it has moved"):
            self.assertEqual((record["action"], record["because"]), ("release", "it has moved"))
        self.assertNotIn(key, self.state())
        self.do(*self.advance(*YOUNG))
        self.assertEqual(self.percent(), 25)

    def test_a_hold_of_a_service(self):
        self.hold_and_release(f"hold.ml.{self.service.name}", self.target)

    def test_a_hold_of_a_namespace(self):
        self.hold_and_release("hold.ml", "--namespace", "ml")

    def test_a_hold_of_everything(self):
        self.hold_and_release("hold", "--all")

    def test_a_hold_is_passed_over_by_its_name(self):
        self.do("hold", self.target, "--reason", "x")
        self.do(*self.advance(*YOUNG, "held"))
        self.assertEqual(self.percent(), 25)
        self.assertIn(f"hold.ml.{self.service.name}", self.state())

    def test_nothing_is_patched_between_stop_and_start(self):
        intent, outcome = self.do("stop", "--reason", "the API server is being upgraded")
        self.assertEqual((intent["kind"], outcome["kind"]), ("intent", "outcome"))
        for record in (intent, outcome):
            self.assertEqual((record["action"], record["because"]), ("stop", "the API server is being upgraded"))
        try:
            self.held("stopped", "rollback", self.target, "--reason", "x")
            answer = self.daemon.deliver(notify.alert(self.service.name, self.service.revision(2)))
            self.assertEqual(answer.status, 200, answer)
            self.assertEqual(self.percent(), 10)
        finally:
            self.do("start", "--reason", "it is upgraded")
        self.do("rollback", self.target, "--reason", "x")
        self.assertEqual(self.percent(), 0)


class Lists(ByHand):
    def row(self, *words):
        code, out, err = self.run_command("rollouts", *words, token="bob")
        self.assertEqual((code, err), (0, ""))
        return next((line for line in out.splitlines() if line.startswith(self.target + " ")), None)

    def test_a_canary_in_flight_is_a_line_with_what_holds_it(self):
        self.do("hold", self.target, "--reason", "x")
        cells = self.row().split()
        self.assertEqual(cells[1:6], ["predictor", self.service.revision(1), self.service.revision(2), "10%", "25%"])
        self.assertIn("held", cells[-1].split(","))
        self.assertIsNotNone(self.row("--namespace", "ml"))
        self.assertIsNone(self.row("--namespace", "other"))

    def test_the_same_as_json(self):
        code, out, _ = self.run_command("rollouts", "--output", "json", token="bob")
        self.assertEqual(code, 0)
        mine = [row for row in json.loads(out)["rollouts"] if row["name"] == self.service.name]
        self.assertEqual([(row["namespace"], row["percent"], row["next"]) for row in mine], [("ml", 10, 25)])

    def test_a_service_without_a_canary_is_not_listed(self):
        DaemonCase.number += 1
        plain = StatusWriter(case.SANDBOX.request, "ml", f"case-{DaemonCase.number}")
        plain.create()
        plain.create_revision(1)
        plain.status(1, 1, 1, None, [(1, 100, None)])
        net.wait_until(lambda: self.daemon.metric("canaryd_inferenceservices") >= 2, 20, "the watch shows it")
        self.assertNotIn(plain.name, self.run_command("rollouts")[1])


class WhoMay(ByHand):
    def test_a_viewer_and_an_alerts_client_do_nothing(self):
        for token in ("bob", "token"):
            code, out, err = self.run_command("rollback", self.target, "--reason", "x", token=token)
            self.assertEqual((code, out), (1, ""))
            self.assertEqual(err, "canaryd: expected a client of role operate (forbidden)\n")
        self.assertEqual(self.percent(), 10)

    def test_a_client_of_another_namespace_does_nothing_here(self):
        for words in (["rollback", self.target], ["hold", "--namespace", "ml"], ["hold", "--all"], ["stop"]):
            code, _, err = self.run_command(*words, "--reason", "x", token="carol")
            self.assertEqual(code, 1)
            self.assertIn("bound to", err)
        self.assertEqual(self.run_command("rollouts", token="carol")[1], "no canary is in flight\n")
        self.assertEqual(self.percent(), 10)

    def test_a_page_of_another_site_does_nothing_and_the_log_says_who_tried(self):
        answer = self.post(f"/api/v1/rollouts/{self.target}/rollback", {"reason": "x"}, Origin="https://evil.example")
        self.assertEqual((answer.status, answer.json()["reason"]), (403, "foreign_origin"))
        self.assertEqual(self.percent(), 10)

        def told():
            return any(r["kind"] == "received" and r["reason"] == "foreign_origin" for r in self.daemon.records())

        net.wait_until(told, 90, "the refusal is in the audit log", 0.5)

    def test_a_body_that_is_not_understood_does_nothing(self):
        path = f"/api/v1/rollouts/{self.target}/rollback"
        for body in ({}, {"reason": ""}, {"reason": "\u200b\u3164 "}, {"reason": "x", "dry_run": True},
                     '{"reason":"x","reason":"y"}', "x"):
            headers = {"Content-Type": "application/json"}
            answer = self.post(path, body, **headers)
            self.assertEqual((answer.status, answer.json()["reason"]), (400, "malformed"), body)
        self.assertEqual(self.percent(), 10)

    def test_the_answer_comes_within_its_time_though_many_ask(self):
        began = time.monotonic()
        answers = [self.post(f"/api/v1/rollouts/{self.target}/advance", {"reason": "x"}) for _ in range(20)]
        self.assertEqual({answer.status for answer in answers}, {409})
        self.assertLess(time.monotonic() - began, 20 * 8)


if __name__ == "__main__":
    unittest.main()
