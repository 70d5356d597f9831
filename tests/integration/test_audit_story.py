"""`canaryd audit explain` and `canaryd audit report` on the log of a real daemon, and what never gets into that log."""
import os
import re
import signal
import subprocess
import unittest

from lab import daemon_case as case
from lab import net, notify
from lab.by_hand_case import YOUNG, ByHand

setUpModule = case.set_up

SECRET = "hunter2-is-the-password"


class Told(ByHand):
    def audit(self, *words):
        """(exit code, stdout, stderr) of `canaryd audit WORDS`."""
        done = subprocess.run([os.environ["CANARYD"], "audit", *words], capture_output=True, text=True, timeout=120,
                              check=False)
        return done.returncode, done.stdout, done.stderr

    def explain(self, number):
        code, out, err = self.audit("explain", self.daemon.audit_folder, number)
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn(f"canaryd audit verify {self.daemon.audit_folder}", out.splitlines()[-1])
        return out

    def report(self, *words):
        code, out, err = self.audit("report", self.daemon.audit_folder, *words)
        self.assertEqual((code, err), (0, ""), out)
        return out

    def records_about(self, kind, **more):
        return [record for record in self.daemon.records()
                if record["kind"] == kind and record.get("target", {}).get("name") == self.service.name
                and more.items() <= record.items()]

    def wait_record(self, kind, **more):
        net.wait_until(lambda: self.records_about(kind, **more), 20, f"a record {kind} {more}")
        return self.records_about(kind, **more)[0]

    def roll_back(self, **labels):
        """By an alert, and confirmed; returns the id."""
        answer = self.daemon.deliver(notify.alert(self.service.name, self.service.revision(2), **labels))
        self.assertEqual(answer.status, 200, answer)
        self.service.status(2, 2, 1, None, [(2, 0, None), (1, 100, "prev")])
        return self.wait_record("confirmed", action="rollback")["id"]


class Explained(Told):
    def test_a_rollback_from_its_alert_to_its_confirmation(self):
        story = self.explain(self.roll_back())
        canary, stable = self.service.revision(2), self.service.revision(1)
        for part in (f"Status shows the rollback of {self.target}",
                     "Verdict act, reason rolled_back: The canary's traffic was set to 0.",
                     "The alert CanaryHighErrorRate was firing since 20", "with the value 0.31.",
                     f"Its labels: revision {canary}, severity critical.",
                     "token:alertmanager delivered it from 127.0.0.1:",
                     f"predictor: the canary is {canary} with 10 %; the stable revision is {stable}.",
                     "yes  no_canary: a canary is in flight. Seen: predictor: created",
                     f"predictor: {canary} from 10 % to 0 %, {stable} from 90 % to 100 %",
                     "sets /spec/predictor/canaryTrafficPercent to 0",
                     "CanaryHighErrorRate began.", "The API server answered 200: applied, generation "):
            self.assertIn(part, story)
        steps = re.findall(r"  \+\d\S*  +(Decided|The API server answered|Confirmed)", story)
        self.assertEqual(steps, ["Decided", "The API server answered", "Confirmed"], story)

    def test_what_another_does_afterwards_is_part_of_the_story(self):
        number = self.roll_back()
        self.service.percent(50)
        self.service.status(2, 2, 1, None, [(2, 50, None), (1, 50, "prev")])
        undone = self.wait_record("decision", reason="undone")
        self.assertIn("What came later", self.explain(number))
        self.assertIn(f"({undone['id']})", self.explain(number))
        self.assertIn("manager: ", self.explain(undone["id"]))

    def test_a_step_by_hand_names_the_person_the_reason_and_what_was_passed_over(self):
        records = self.do(*self.advance(*YOUNG))
        story = self.explain(records[0]["id"][:12])
        self.assertIn("token:alice asked for it from 127.0.0.1:", story)
        self.assertIn(": it is urgent\n", story)
        self.assertIn("Passed over by name: dwell.", story)
        self.assertRegex(story, "NO, passed over  dwell: the canary has been at this share for the dwell. Seen: ")
        self.assertIn("from 10 % to 25 %", story)

    def test_a_step_that_was_held_names_every_guard_in_its_way(self):
        self.do("hold", self.target, "--reason", "the database moves")
        story = self.explain(self.held(None, *self.advance())["id"])
        self.assertRegex(story, r"NO   held: no hold covers the service. Seen: ")
        self.assertRegex(story, r"NO   dwell: ")
        self.assertNotIn("What it changed", story)

    def test_a_hold_is_told_with_its_release(self):
        hold, _ = self.do("hold", self.target, "--reason", "the database moves", "--for", "2h")
        self.do("release", self.target, "--reason", "it has moved")
        story = self.explain(hold["id"])
        self.assertIn(f"Held {self.target} until ", story)
        self.assertIn("By token:alice: it has moved.", story)

    def test_every_sort_of_record_has_a_story(self):
        self.roll_back()
        last = {record["id"]: record for record in self.daemon.records()}
        sorts = {(record["kind"], record.get("action"), record.get("event")): record for record in last.values()}
        self.assertLessEqual({("lifecycle", None, "start"), ("decision", "rehearsal", None)}, set(sorts))
        for record in sorts.values():
            story = self.explain(record["id"])
            self.assertIn(f"Id {record['id']}, ", story)
            self.assertIn(record["message"], story)

    def test_an_id_that_is_not_there_and_what_is_no_id(self):
        code, out, err = self.audit("explain", self.daemon.audit_folder, "0" * 32)
        self.assertEqual((code, out), (1, ""))
        self.assertIn(f"no record with the id {'0' * 32}", err)
        for wrong in ("12345", "no-id", "A" * 32):
            code, out, err = self.audit("explain", self.daemon.audit_folder, wrong)
            self.assertEqual((code, out), (2, ""), wrong)
            self.assertIn("expected the id of a record, 32 hexadecimal digits, or its first ones, 6 at least", err)


class Reported(Told):
    def test_a_report_has_what_happened_and_who_did_it(self):
        number = self.roll_back()
        self.do("hold", self.target, "--reason", "the database moves")
        answer = net.request("GET", f"{self.url}/api/v1/rollouts", None, {"Authorization": "Bearer wrong"},
                             case.CONTEXT, 30)
        self.assertEqual(answer.status, 401)
        net.wait_until(lambda: any(record["kind"] == "received" for record in self.daemon.records()), 20, "the refusal")
        for form in ("text", "markdown"):
            report = self.report("--output", form).replace("\\", "")
            canary = self.service.revision(2)
            self.assertRegex(report, rf"{self.target}: predictor {canary} from 10 %, because of CanaryHighErrorRate "
                                     rf"\(0.31\)\. \S+ after the alert began, .* after the first notification\. "
                                     rf"Confirmed .* later\. \({number}\)")
            self.assertRegex(report, rf"token:alice: hold {self.target}, because: the database moves\. Done: hold_set\.")
            self.assertRegex(report, rf"hold of {self.target} by token:alice, because: the database moves\. It still holds")
            self.assertRegex(report, r"127\.0\.0\.1 .*unauthenticated .*1")
            self.assertIn(f"{self.target}: predictor {canary}", report)
            self.assertRegex(report, r"rolled back from 10 % to 0 %, because of CanaryHighErrorRate")
            self.assertIn("Nothing contradicts it, but no signature was checked (no --key was given)", report)

    def test_a_period_without_records_says_so(self):
        self.assertIn("There is no record in this period.", self.report("--until", "2026-01-01"))

    def test_a_restart_is_a_gap(self):
        daemon = self.serve().ready()
        daemon.stop()
        again = subprocess.Popen([os.environ["CANARYD"], "serve", "--config", daemon.config_file],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            def starts():
                return sum(record.get("event") == "start" for record in daemon.records())
            net.wait_until(lambda: starts() == 2, 60, "the second start")
        finally:
            again.terminate()
            again.wait(30)
        code, out, err = self.audit("report", daemon.audit_folder)
        self.assertEqual((code, err), (0, ""))
        self.assertRegex(out, r"stopped: canaryd did not run for ")

    def test_options_that_make_no_period(self):
        for words, expected in ((("--since", "soon"), "--since: expected RFC 3339"),
                                (("--since", "today", "--until", "yesterday"), "expected a time after --since"),
                                (("--output", "pdf"), "pdf")):
            code, _, err = self.audit("report", self.daemon.audit_folder, *words)
            self.assertEqual(code, 2, err)
            self.assertIn(expected, err)

    def test_no_log_is_a_failure(self):
        code, _, err = self.audit("report", self.daemon.folder / "nowhere")
        self.assertEqual(code, 1)
        self.assertIn("nowhere", err)


class Redacted(Told):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.daemon.change(f"  directory: {cls.daemon.audit_folder}\n",
                          f"  directory: {cls.daemon.audit_folder}\n  redact:\n    labels: [\"customer_*\"]\n")
        done = cls.daemon.log().count("configuration_reloaded")
        cls.daemon.popen.send_signal(signal.SIGHUP)
        net.wait_until(lambda: cls.daemon.log().count("configuration_reloaded") > done, 20, "the reload")

    def assert_nowhere(self, secret):
        for file in self.daemon.audit_folder.iterdir():
            self.assertNotIn(secret.encode(), file.read_bytes(), file.name)

    def test_secrets_in_labels_are_not_recorded_and_the_record_says_so(self):
        number = self.roll_back(customer_id=SECRET, description=f"login with password={SECRET}", long="x" * 3000)
        for record in self.records_of(number):
            labels = record["alerts"][0]["labels"]
            self.assertEqual(labels["customer_id"], "[redacted]")
            self.assertEqual(labels["description"], "login with password=[redacted]")
            self.assertEqual(labels["long"], "x" * 1021 + "...")
            self.assertEqual(record["shortened"], [f"alerts[0].labels.{name}"
                                                   for name in ("customer_id", "description", "long")])
        self.assert_nowhere(SECRET)
        self.assertIn("Cut, or taken out as a secret", self.explain(number))

    def test_a_secret_in_the_reason_of_a_person_is_nowhere_in_the_record(self):
        self.do("rollback", self.target, "--reason", f"it logs password={SECRET} to stdout")
        self.assert_nowhere(SECRET)


del Told

if __name__ == "__main__":
    unittest.main()
