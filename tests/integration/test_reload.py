"""What a running canaryd takes up without a restart: its configuration, its certificate, its clients' tokens."""
import hashlib
import http.client
import json
import os
import pathlib
import re
import signal
import tempfile
import time
import unittest
import urllib.parse

from lab import net, notify
from lab.cluster import StatusWriter
from lab.daemon import Canaryd
from lab.pki import Pki
from lab.sandbox import Sandbox
from lab.tls import Mount, MountedPki, shown_certificate

MORE = """alerts:
  - matchers: ['alertname="CanaryHighErrorRate"']
    action: rollback
policies:
  - name: default
    thresholds:
      error_ratio: 0.05
"""


def setUpModule():
    global FOLDER, SANDBOX, PKI
    FOLDER = tempfile.TemporaryDirectory(prefix="canaryd-reload-")
    unittest.addModuleCleanup(FOLDER.cleanup)
    SANDBOX = Sandbox()
    unittest.addModuleCleanup(SANDBOX.stop)
    SANDBOX.pause()
    PKI = Pki(pathlib.Path(FOLDER.name) / "pki")


class Reloading(unittest.TestCase):
    """A daemon and a service with a canary at 20 % for each test."""

    number = 0

    def setUp(self):
        Reloading.number += 1
        self.name = f"case-{Reloading.number}"
        self.folder = pathlib.Path(FOLDER.name) / self.name
        self.pki = MountedPki(PKI, self.folder / "secret")
        self.context = PKI.client_context()
        self.service = StatusWriter(SANDBOX.request, "ml", self.name)
        self.service.canary(20)
        self.daemon = Canaryd(os.environ["CANARYD"], self.folder, SANDBOX.url, self.pki, instance=self.name, more=MORE)
        self.addCleanup(self.daemon.stop)
        self.text = self.daemon.config_file.read_text()
        self.port = urllib.parse.urlsplit(self.daemon.webhook_url).port

    def tearDown(self):
        code, text = self.daemon.verify()
        self.assertEqual(code, 0, text)

    def metrics(self):
        return net.request("GET", f"http://{self.daemon.admin_address}/metrics").body.decode()

    def metric(self, name):
        return float(re.search(rf"^{name} (\S+)$", self.metrics(), re.MULTILINE).group(1))

    def threshold(self):
        line = rf'^canaryd_threshold\{{[^}}]*inferenceservice="{self.name}"[^}}]*signal="error_ratio"\}} (\S+)$'
        return float(re.search(line, self.metrics(), re.MULTILINE).group(1))

    def write(self, old, new):
        changed = self.text.replace(old, new)
        self.assertNotEqual(changed, self.text)
        self.daemon.config_file.write_text(changed)
        return changed

    def hangup(self, event):
        """SIGHUP, then waits until the event was logged once more."""
        before = self.daemon.process.log().count(f"event={event}")
        os.kill(self.daemon.process.pid, signal.SIGHUP)
        self.wait_event(event, before + 1)

    def wait_event(self, event, times=1):
        net.wait_until(lambda: self.daemon.process.log().count(f"event={event}") >= times, 20, f"{times} times {event}")

    def line(self, event):
        return [line for line in self.daemon.process.log().splitlines() if f"event={event}" in line][-1]

    def bad(self, **more):
        return notify.alert(self.name, self.service.revision(2), **more)

    def deliver(self, token=None, **more):
        headers = {"Authorization": "Bearer " + (token or self.daemon.token_file.read_text()),
                   "Content-Type": "application/json"}
        body = notify.notification([self.bad(**more)])
        return net.request("POST", self.daemon.webhook_url, body, headers, self.context)

    def percent(self):
        return self.service.get()["spec"]["predictor"]["canaryTrafficPercent"]

    def reload_records(self):
        return [r for r in self.daemon.records() if r["kind"] == "lifecycle" and r["event"] == "reload"]


class Configuration(Reloading):
    def test_a_hangup_takes_a_changed_threshold_into_force_and_records_it(self):
        net.wait_until(lambda: "canaryd_threshold{" in self.metrics(), 10, "the canary is seen")
        self.assertEqual(self.threshold(), 0.05)
        changed = self.write("error_ratio: 0.05", "error_ratio: 0.21")
        self.hangup("configuration_reloaded")
        self.assertEqual(self.threshold(), 0.21)
        self.assertEqual(self.metric("canaryd_config_last_reload_successful"), 1)
        records = self.reload_records()
        self.assertEqual(records[-1]["config_sha256"], hashlib.sha256(changed.encode()).hexdigest())
        self.assertNotEqual(records[-1]["config_sha256"], hashlib.sha256(self.text.encode()).hexdigest())

    def test_a_changed_file_is_taken_without_a_signal(self):
        self.write("error_ratio: 0.05", "error_ratio: 0.22")
        self.wait_event("configuration_reloaded")
        self.assertEqual(self.threshold(), 0.22)

    def test_the_swap_of_a_config_map_is_taken_each_time(self):
        mount = Mount(self.folder / "config", {"canaryd.yaml": self.text})
        os.replace(self.daemon.config_file, self.folder / "moved.yaml")
        self.daemon.config_file.symlink_to(mount.path("canaryd.yaml"))
        for times, ratio in enumerate((0.23, 0.24), start=1):
            mount.put({"canaryd.yaml": self.text.replace("0.05", str(ratio))})
            self.wait_event("configuration_reloaded", times)
            self.assertEqual(self.threshold(), ratio)
        self.assertEqual(len({record["config_sha256"] for record in self.reload_records()}), 2)

    def test_a_changed_alert_mapping_changes_decisions(self):
        self.assertIn("nothing to do", self.deliver(alertname="OurOwnAlert").body.decode())
        self.assertEqual(self.percent(), 20)
        changed = self.write('alertname="CanaryHighErrorRate"', 'alertname="OurOwnAlert"')
        self.hangup("configuration_reloaded")
        self.assertIn("nothing to do", self.deliver().body.decode())
        self.assertEqual(self.percent(), 20)
        self.assertIn("rolled_back", self.deliver(alertname="OurOwnAlert").body.decode())
        self.assertEqual(self.percent(), 0)
        intent = [r for r in self.daemon.records() if r["kind"] == "intent" and r["target"]["name"] == self.name][-1]
        self.assertEqual(intent["config_sha256"], hashlib.sha256(changed.encode()).hexdigest())

    def test_a_policy_without_rollback_is_obeyed_from_the_reload_on(self):
        self.write("    thresholds:", "    rollback:\n      enabled: false\n    thresholds:")
        self.hangup("configuration_reloaded")
        answer = self.deliver()
        self.assertEqual(answer.status, 200, answer)
        self.assertNotIn("rolled_back", answer.body.decode())
        self.assertEqual(self.percent(), 20)

    def test_a_new_client_is_admitted_and_a_removed_one_is_not(self):
        first = self.daemon.token_file.read_text()
        second = self.folder / "second-token"
        second.write_text("the-token-of-the-second-client\n")
        entry = f"      - name: alertmanager\n        role: alert\n        file: {self.daemon.token_file}\n"
        added = f"      - name: second\n        role: alert\n        file: {second}\n"
        self.assertEqual(self.deliver("the-token-of-the-second-client").status, 401)
        self.write(entry, entry + added)
        self.hangup("configuration_reloaded")
        self.assertEqual(self.deliver("the-token-of-the-second-client").status, 200)
        self.assertEqual(self.deliver(first).status, 200)
        self.write(entry, added)
        self.hangup("configuration_reloaded")
        self.assertEqual(self.deliver("the-token-of-the-second-client").status, 200)
        self.assertEqual(self.deliver(first).status, 401)

    def test_a_bad_configuration_is_refused_as_a_whole_and_the_place_is_named(self):
        self.write("      error_ratio: 0.05\n", "      error_ratio: 0.5\n      eror_ratio: 0.6\n")
        self.wait_event("configuration_refused")
        line = self.text.splitlines().index("      error_ratio: 0.05") + 2
        self.assertIn(f"canaryd.yaml:{line}:7: ", self.line("configuration_refused"))
        self.assertIn("eror_ratio", self.line("configuration_refused"))
        self.assertEqual(self.metric("canaryd_config_last_reload_successful"), 0)
        self.assertGreaterEqual(self.metric("canaryd_config_refused_total"), 1)
        self.assertEqual(self.threshold(), 0.05)
        self.assertEqual(self.reload_records(), [])
        self.assertEqual(net.request("GET", f"http://{self.daemon.admin_address}/readyz").status, 200)
        self.assertIn("rolled_back", self.deliver().body.decode())
        self.daemon.config_file.write_text(self.text)
        self.wait_event("configuration_unchanged")
        self.assertEqual(self.metric("canaryd_config_last_reload_successful"), 1)

    def test_a_hangup_without_a_change_says_so_and_records_nothing(self):
        self.hangup("configuration_unchanged")
        self.assertNotIn("configuration_reloaded", self.daemon.process.log())
        self.assertEqual(self.reload_records(), [])

    def test_a_good_change_beside_a_missing_certificate_is_refused_whole(self):
        self.write("error_ratio: 0.05", "error_ratio: 0.5")
        text = self.daemon.config_file.read_text().replace("tls.crt", "absent.crt")
        self.daemon.config_file.write_text(text)
        self.hangup("configuration_refused")
        self.assertIn("absent.crt", self.line("configuration_refused"))
        self.assertEqual(self.threshold(), 0.05)
        self.assertEqual(self.deliver().status, 200)

    def test_a_configuration_in_which_no_client_could_be_admitted_is_refused(self):
        self.write(f"file: {self.daemon.token_file}", f"file: {self.folder / 'absent-token'}")
        self.hangup("configuration_refused")
        self.assertIn("absent-token", self.line("configuration_refused"))
        self.assertEqual(self.deliver().status, 200)

    def test_keys_that_need_a_restart_are_refused_by_their_names(self):
        changes = {"instance": (f"instance: {self.name}", "instance: another"),
                   "server.listen": ('server:\n  listen: "127.0.0.1:0"', 'server:\n  listen: "127.0.0.1:1"'),
                   "admin.listen": ('admin:\n  listen: "127.0.0.1:0"', 'admin:\n  listen: "127.0.0.1:1"'),
                   "cluster.url.address": (SANDBOX.url, "http://127.0.0.1:1"),
                   "audit.directory": (str(self.daemon.audit_folder), str(self.folder / "elsewhere"))}
        for key, (old, new) in changes.items():
            with self.subTest(key):
                self.write(old, new)
                self.hangup("configuration_refused")
                self.assertIn("restart", self.line("configuration_refused"))
                self.assertIn(key, self.line("configuration_refused"))
        self.assertEqual(self.metric("canaryd_config_last_reload_successful"), 0)
        self.assertFalse((self.folder / "elsewhere").exists())
        self.assertEqual(self.deliver().status, 200)

    def test_a_file_that_is_gone_leaves_the_old_configuration_in_force(self):
        os.replace(self.daemon.config_file, self.folder / "moved.yaml")
        self.hangup("configuration_refused")
        self.assertIn("canaryd.yaml", self.line("configuration_refused"))
        self.assertEqual(self.deliver().status, 200)
        os.replace(self.folder / "moved.yaml", self.daemon.config_file)
        self.hangup("configuration_unchanged")
        self.assertEqual(self.metric("canaryd_config_last_reload_successful"), 1)


class Certificates(Reloading):
    def shown(self):
        return shown_certificate(self.port, self.context)

    def pem(self, files):
        return files["tls.crt"].decode().strip()

    def post(self, connection):
        body = json.dumps(notify.notification([self.bad(status="resolved")]))
        connection.request("POST", "/webhooks/alertmanager", body, {
            "Authorization": "Bearer " + self.daemon.token_file.read_text(), "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def test_a_replaced_certificate_serves_new_connections_and_open_ones_go_on(self):
        before = self.shown()
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=self.context, timeout=10)
        self.addCleanup(connection.close)
        connection.connect()
        connection.auto_open = 0  # a request on a connection that was closed is an error, not a new one
        self.assertEqual(self.post(connection), 200)
        renewed = self.pki.pair("renewed")
        self.pki.mount.put(renewed)
        net.wait_until(lambda: self.shown() == self.pem(renewed), 20, "the renewed certificate is shown")
        self.assertNotEqual(self.shown(), before)
        self.assertEqual(self.post(connection), 200)
        self.assertIn("certificate_reloaded", self.daemon.process.log())
        self.assertEqual(self.daemon.process.log().count("event=started"), 1)

    def test_a_pair_that_does_not_match_keeps_the_old_one_until_a_good_one_comes(self):
        before = self.shown()
        mixed = {**self.pki.pair("one"), "tls.key": self.pki.pair("two")["tls.key"]}
        self.pki.mount.put(mixed)
        self.wait_event("certificate_refused")
        self.assertIn("tls.key", self.line("certificate_refused"))
        self.assertEqual(self.shown(), before)
        self.assertEqual(self.deliver().status, 200)
        good = self.pki.pair("three")
        self.pki.mount.put(good)
        net.wait_until(lambda: self.shown() == self.pem(good), 20, "the good certificate is shown")

    def test_files_that_are_no_certificate_keep_the_old_one(self):
        before = self.shown()
        self.pki.mount.put({"tls.crt": "not a certificate\n", "tls.key": ""})
        self.wait_event("certificate_refused")
        time.sleep(2)  # two more looks: the same fault is said once
        self.assertEqual(self.daemon.process.log().count("certificate_refused"), 1)
        self.assertEqual(self.shown(), before)
        self.assertEqual(self.deliver().status, 200)

    def test_the_end_of_the_certificate_is_a_metric_that_follows_it(self):
        before = self.metric("canaryd_certificate_not_after_seconds")
        certificate, key = PKI.issue("long-" + self.name, days=30)
        self.pki.mount.put({"tls.crt": certificate.read_bytes(), "tls.key": key.read_bytes()})
        self.wait_event("certificate_reloaded")
        after = self.metric("canaryd_certificate_not_after_seconds")
        self.assertAlmostEqual(after - before, 28 * 86400, delta=600)


class Tokens(Reloading):
    def test_a_token_rotated_in_its_file_replaces_the_old_one(self):
        old = self.daemon.token_file.read_text()
        self.assertEqual(self.deliver(old).status, 200)
        new = "a-new-token-of-the-same-client"
        self.daemon.token_file.write_text(new + "\n")
        net.wait_until(lambda: self.deliver(new).status == 200, 20, "the new token is admitted")
        self.assertEqual(self.deliver(old).status, 401)

    def test_a_token_file_that_is_gone_admits_nobody_until_it_is_back(self):
        token = self.daemon.token_file.read_text()
        self.daemon.token_file.unlink()
        net.wait_until(lambda: self.deliver(token).status == 401, 20, "the client is refused")
        self.assertIn(str(self.daemon.token_file), self.line("token_refused"))
        self.daemon.token_file.write_text(token)
        net.wait_until(lambda: self.deliver(token).status == 200, 20, "the client is admitted")
        self.assertEqual(self.daemon.process.log().count("token_refused"), 1)
        self.assertNotIn(token, self.daemon.process.log())


if __name__ == "__main__":
    unittest.main()
