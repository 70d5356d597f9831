"""What `canaryd serve` tells of itself: its metrics, its logs, and what it writes about requests that it turns away."""
import concurrent.futures
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import unittest
import urllib.parse

from lab import daemon_case as case
from lab import cluster
from lab import net
from lab import notify
from lab.cluster import StatusWriter
from lab.daemon_case import DaemonCase, Serve

HOSTILE = "\"\n event=forged\x1b[31m\u202e\u2028\x00\x85 level=error\r\t'\\\x7f\u2066\ufeff"
UNSAFE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")

setUpModule = case.set_up


class Metrics(DaemonCase):
    @staticmethod
    def documented():
        """{series: labels} of docs/metrics.md; a histogram by its buckets."""
        text = (pathlib.Path(os.environ["CANARYD_SOURCE"]) / "docs/metrics.md").read_text()
        rows = re.findall(r"^\| `(\w+)` \| (\w+) \| ([^|]*) \|", text, re.MULTILINE)
        return {name + ("_bucket" if kind == "histogram" else ""):
                set(re.findall(r"`(\w+)`", labels)) | ({"le"} if kind == "histogram" else set())
                for name, kind, labels in rows}

    @classmethod
    def setUpClass(cls):
        cls.started = Serve(case.SANDBOX.url).ready()
        cls.addClassCleanup(cls.started.stop)
        DaemonCase.number += 1
        service = StatusWriter(case.SANDBOX.request, "ml", f"case-{DaemonCase.number}")
        service.canary(20)
        cls.started.deliver(notify.alert(service.name, service.revision(2)))
        service.percent(30, manager="argocd")
        DaemonCase.number += 1
        pending = StatusWriter(case.SANDBOX.request, "ml", f"case-{DaemonCase.number}")
        pending.canary(20)
        cls.started.deliver(notify.alert(pending.name, pending.revision(2)))
        cls.started.deliver(notify.alert("ghost", "ghost-predictor-00002"))
        cls.started.deliver(notify.alert("strange", "Strange Revision", severity="odd"))
        cls.started.deliver(notify.alert("strange", alertname="Foreign", foreign="foreign-value"))
        wrong = {"Authorization": "Bearer foreign"}
        net.request("POST", cls.started.webhook_url, {"version": "foreign"}, wrong, case.CONTEXT)
        net.request("FOREIGN", cls.started.webhook_url + "/foreign?foreign=1", None, None, case.CONTEXT)
        net.request("GET", cls.started.admin_url + "/foreign")

        def text():
            return cls.started.admin("/metrics").body.decode()

        for name in ("threshold", "rollback_rehearsed", "rollback_undone_timestamp_seconds", "rollback_unconfirmed"):
            net.wait_until(lambda: f"canaryd_{name}{{" in text(), 20, f"canaryd_{name} of the canaries")
        cls.text = text()
        cls.undone, cls.pending = service, pending
        cls.series = [(name, dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels or "")), float(value))
                      for name, labels, value in re.findall(r"^(\w+)(\{.*\})? (\S+)$", cls.text, re.MULTILINE)]

    def test_every_line_is_a_series_or_a_comment(self):
        self.assertEqual(len(self.series), len([l for l in self.text.splitlines() if l and not l.startswith("#")]))
        answer = self.started.admin("/metrics")
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), answer.headers)

    def test_the_documented_series_and_their_labels_are_those_that_are_there(self):
        labels = {}
        for name, series_labels, _ in self.series:
            if name.startswith("canaryd_") and not name.endswith(("_sum", "_count")):
                labels.setdefault(name, set()).update(series_labels)
        labels.pop("canaryd_watch_restarts_total", None)  # only once there was one
        documented = self.documented()
        self.assertIn("canaryd_audit_witness_in_order", documented)
        documented.pop("canaryd_audit_witness_in_order")  # only where there is a witness
        for name in ("last_promotion_timestamp_seconds", "overrides_total", "hold_since_timestamp_seconds",
                     "rollout_share_since_timestamp_seconds", "rollout_dwell_seconds", "rollout_held"):
            self.assertTrue(documented.pop(f"canaryd_{name}"), f"{name}: only where there is promotion")
        self.assertEqual(labels, documented)

    def test_promtool_finds_nothing_to_complain_of(self):
        done = subprocess.run([cluster.tools() / "promtool", "check", "metrics"], input=self.text, capture_output=True,
                              text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_nothing_from_outside_is_a_label_but_the_names_of_the_cluster(self):
        self.assertNotIn("oreign", self.text)
        self.assertNotIn("trange", self.text)
        for name, labels, _ in self.series:
            for label, value in labels.items():
                self.assertRegex(value, r"^(\+Inf|[a-z0-9][a-z0-9_.+-]*)$", f"{name} {label}")

    def test_what_happened_is_counted(self):
        counted = {(name, *sorted(labels.items())): value for name, labels, value in self.series}
        rolled_back = [("action", "rollback"), ("reason", "rolled_back"), ("verdict", "act")]
        self.assertEqual(counted[("canaryd_decisions_total", *rolled_back)], 2)
        self.assertEqual(counted[("canaryd_alerts_total", ("action", "ignore"), ("status", "firing"))], 1)
        unauthenticated = [("listener", "webhook"), ("reason", "unauthenticated")]
        self.assertEqual(counted[("canaryd_http_refused_total", *unauthenticated)], 1)
        self.assertEqual(counted[("canaryd_watch_synced",)], 1)

    def about(self, name, service):
        """[(labels without the service's, value)] of the series `name`."""
        return [({key: text for key, text in labels.items() if key not in ("namespace", "inferenceservice")}, value)
                for series, labels, value in self.series
                if series == name and labels["inferenceservice"] == service.name and labels["namespace"] == "ml"]

    def test_people_are_told_of_a_rollback_of_what_is_left_to_do_and_of_who_undid_it(self):
        intents = {r["target"]["name"]: r for r in self.started.records() if r["kind"] == "intent"}
        for service in (self.undone, self.pending):
            [(labels, when)] = self.about("canaryd_last_rollback_timestamp_seconds", service)
            self.assertEqual(labels, {"component": "predictor", "revision": service.revision(2),
                                      "record": intents[service.name]["id"]})
            self.assertLess(abs(when - time.time()), 120)
        [(labels, _)] = self.about("canaryd_rollback_undone_timestamp_seconds", self.undone)
        self.assertEqual((labels["manager"], labels["revision"]), ("argocd", self.undone.revision(2)))
        self.assertEqual(self.about("canaryd_rollback_undone_timestamp_seconds", self.pending), [])
        self.assertEqual(self.about("canaryd_rollback_unconfirmed", self.pending),
                         [({"component": "predictor", "revision": self.pending.revision(2),
                            "reason": "rollback_pending"}, 1)])
        self.assertEqual(self.about("canaryd_rollback_unconfirmed", self.undone), [])
        self.assertEqual(self.about("canaryd_rollback_rehearsed", self.undone), [({"reason": "rehearsed"}, 1)])

    def test_every_threshold_is_exported_for_a_canary(self):
        limits = {labels["signal"]: value for labels, value in self.about("canaryd_threshold", self.undone)}
        self.assertEqual(limits, {
            "error_ratio": 0.05, "failing_ratio": 0.5, "higher_error_ratio": 1.5, "latency_ratio": 1.5,
            "higher_latency_ratio": 1.3, "latency_seconds": float("inf"), "confidence_ratio": 0.8, "min_requests": 50,
            "failing_min_requests": 10, "latency_min_requests": 100, "down_min_requests": 10})

    def test_since_when_canaryd_is_stopped_is_the_stop_files_own_time(self):
        name = "canaryd_stopped_since_timestamp_seconds"
        self.assertEqual(self.started.metric(name), 0)
        stop = self.started.folder / "stop"
        started = Serve(case.SANDBOX.url, more=f"stop_file: {stop}\n").ready()
        self.addCleanup(started.stop)
        self.assertEqual((started.metric(name), started.metric("canaryd_stopped")), (0, 0))
        stop.touch()
        self.addCleanup(stop.unlink)
        os.utime(stop, (1_700_000_000, 1_700_000_000))
        self.assertEqual((started.metric(name), started.metric("canaryd_stopped")), (1_700_000_000, 1))


class Logs(DaemonCase):
    JSON = "log:\n  format: json\n  level: debug\n"
    LOGFMT = "log:\n  format: logfmt\n  level: debug\n"

    def provoke(self, started):
        """Hostile values wherever a sender may put some; returns the answers."""
        service = self.canary()
        alerts = [notify.alert(service.name, HOSTILE), notify.alert(HOSTILE, service.revision(2)),
                  notify.alert(service.name, service.revision(2), namespace=HOSTILE),
                  notify.alert(service.name, service.revision(1), value=HOSTILE, note=HOSTILE),
                  notify.alert(service.name, service.revision(1), alertname=HOSTILE)]
        answers = [started.deliver(alert) for alert in alerts]
        answers.append(started.deliver(*alerts))
        headers = {"Authorization": "Bearer " + started.token_file.read_text(), "Content-Type": "application/json"}
        for changed in ({"version": HOSTILE}, {"groupKey": HOSTILE, "truncatedAlerts": 3}, {"status": HOSTILE}):
            body = {**notify.notification([notify.alert(service.name, service.revision(1))]), **changed}
            answers.append(net.request("POST", started.webhook_url, body, headers, case.CONTEXT))
        for changed in ({"startsAt": HOSTILE}, {"fingerprint": HOSTILE}, {"status": HOSTILE}, {HOSTILE: 1},
                        {"labels": {HOSTILE: "x"}}, {"labels": {HOSTILE: 1}}):
            body = notify.notification([{**notify.alert(service.name, service.revision(1)), **changed}])
            answers.append(net.request("POST", started.webhook_url, body, headers, case.CONTEXT))
        answers.append(net.request("POST", started.webhook_url, HOSTILE, headers, case.CONTEXT))
        url = started.webhook_url + "?namespace=" + urllib.parse.quote(HOSTILE)
        answers.append(net.request("POST", url, {}, headers, case.CONTEXT))
        answers.append(net.request("GET", started.admin_url + "/" + urllib.parse.quote(HOSTILE)))
        self.assertEqual(service.get()["spec"]["predictor"]["canaryTrafficPercent"], 20)
        return answers

    def check_hostile(self, started):
        for answer in self.provoke(started):
            self.assertLess(answer.status, 500, answer)
            text = answer.body.decode("utf-8")
            self.assertIsNone(UNSAFE.search(text), answer)
            self.assertEqual(text.count("\n"), 1, answer)
        self.assertEqual(started.stop(), 0)
        text = started.log_path.read_bytes().decode("utf-8")
        self.assertIsNone(UNSAFE.search(text), text)
        self.assert_verifies(started)
        return text.splitlines()

    def test_json_is_one_object_a_line_whatever_the_sender_writes(self):
        lines = [json.loads(line) for line in self.check_hostile(self.serve(more=self.JSON).ready())]
        self.assertTrue(all({"ts", "level", "event"} <= set(line) for line in lines))
        events = [line["event"] for line in lines]
        self.assertEqual((events[0], events[-1]), ("started", "stopped"))
        self.assertNotIn("forged", events)
        self.assertIn("event=forged", json.dumps(lines), "the hostile value was logged, escaped")

    def test_logfmt_is_one_event_a_line_whatever_the_sender_writes(self):
        pair = r'[a-z0-9_]+=(?:"(?:[^"\\]|\\.)*"|[^ "=]+)'
        for line in self.check_hostile(self.serve(more=self.LOGFMT).ready()):
            self.assertRegex(line, rf"^ts=\S+ level=[a-z]+ event=[a-z_]+( {pair})*$")
            self.assertNotRegex(re.sub(r'"(?:[^"\\]|\\.)*"', "", line), "forged")

    def test_a_bad_field_is_told_to_its_sender_in_plain_words(self):
        started = self.serve().ready()
        answer = started.deliver(notify.alert("iris"), notify.alert("iris", starts_at="yesterday"))
        self.assertEqual(answer.status, 400)
        self.assertEqual(answer.body.decode(), 'alerts[1].startsAt: expected RFC 3339, got "yesterday"\n')

    def test_no_token_is_written_anywhere(self):
        started = self.serve(more=self.LOGFMT).ready()
        service = self.canary()
        right, wrong = started.token_file.read_text(), "a-wrong-but-secret-token"
        started.deliver(notify.alert(service.name, service.revision(2)))
        for value in ("Bearer " + wrong, "Basic " + wrong, wrong):
            answer = net.request("POST", started.webhook_url, {}, {"Authorization": value}, case.CONTEXT)
            self.assertEqual(answer.status, 401)
            self.assertNotIn(wrong, answer.body.decode())
        metrics = started.admin("/metrics").body.decode()
        started.stop()
        written = started.log() + metrics + "".join(f.read_text() for f in started.audit_folder.glob("*.jsonl"))
        for token in (right, wrong):
            self.assertNotIn(token, written)


class RefusedRequests(DaemonCase):
    def test_many_of_them_are_summed_and_the_log_verifies(self):
        started = self.serve().ready()

        def wrong(_):
            return net.request("POST", started.webhook_url, {}, {"Authorization": "Bearer wrong"}, case.CONTEXT).status

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            self.assertEqual(set(pool.map(wrong, range(40))), {401})

        def received():
            return [r for r in started.records() if r["kind"] == "received"]

        net.wait_until(received, 10, "the first of them is recorded")
        self.assertLessEqual(len(received()), 2)
        self.assertEqual(started.stop(), 0)
        self.assertLessEqual(len(received()), 3)
        self.assertEqual(sum(r["count"] for r in received()), 40)
        self.assertEqual({(r["reason"], r["peer"], r["verdict"]) for r in received()},
                         {("unauthenticated", "127.0.0.1", "refuse")})
        self.assert_verifies(started)

    def test_one_that_is_no_tls_is_recorded_and_the_next_honest_one_served(self):
        started = self.serve().ready()
        with socket.create_connection(("127.0.0.1", started.port), timeout=10) as plain:
            plain.sendall(b"POST /webhooks/alertmanager HTTP/1.1\r\nHost: x\r\n\r\n")
            try:
                while plain.recv(1024):
                    pass
            except OSError:
                pass
        net.wait_until(lambda: [r for r in started.records() if r.get("reason") == "tls_handshake"], 10, "its record")
        service = self.canary()
        self.assertEqual(started.deliver(notify.alert(service.name, service.revision(2))).status, 200)


class ThreeAlertmanagers(DaemonCase):
    def test_the_same_notification_three_times_at_once_is_one_patch(self):
        started = self.serve().ready()
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            for _ in range(5):
                service = self.canary()
                before = service.get()["metadata"]["generation"]
                alert = notify.alert(service.name, service.revision(2))
                answers = list(pool.map(lambda _: started.deliver(alert), range(3)))
                self.assertEqual([answer.status for answer in answers], [200] * 3, answers)
                self.assertTrue(any("rolled_back" in answer.body.decode() for answer in answers), answers)
                after = service.get()
                self.assertEqual(after["metadata"]["generation"], before + 1)
                self.assertEqual(after["spec"]["predictor"]["canaryTrafficPercent"], 0)
                intents = [r["target"]["name"] for r in started.records() if r["kind"] == "intent"]
                self.assertEqual(intents.count(service.name), 1)
        started.stop()
        self.assert_verifies(started)


if __name__ == "__main__":
    unittest.main()
