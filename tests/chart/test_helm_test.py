"""What `helm test` runs in its pod, run here: the chart's own script against a real canaryd with the chart's own
configuration, made to fit this machine."""
import json
import os
import secrets
import subprocess
import unittest

from chart import helm
from chart.helm import CHART, PLAIN
from lab.pki import Pki
from lab.procs import Process, temp_folder


def pod(changes=None):
    """The container of the test's pod."""
    tokens = [{"name": name, "role": name, "existingSecret": {"name": "s", "key": name}} for name in ("alert", "view")]
    found = helm.objects(PLAIN, {"clients.tokens": tokens, **(changes or {})})
    return found, helm.one(found, "Pod")["spec"]["containers"][0]


class HelmTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        found, cls.container = pod()
        folder = cls.enterClassContext(temp_folder())
        cls.pki = Pki(folder / "pki")
        certificate, key = cls.pki.issue("server")
        cls.tokens = {}
        for name in ("alert", "view"):
            cls.tokens[name] = folder / name
            cls.tokens[name].write_text(secrets.token_urlsafe(32))
        # Only what a pod has and this machine has not is replaced: paths, ports, the service account.
        text = helm.configuration(found)
        for old, new in (("0.0.0.0:8443", "127.0.0.1:0"), ("0.0.0.0:8080", "127.0.0.1:0"),
                         ("/etc/canaryd/tls/tls.crt", certificate), ("/etc/canaryd/tls/tls.key", key),
                         ("/etc/canaryd/tokens/alert", cls.tokens["alert"]), ("/etc/canaryd/tokens/view", cls.tokens["view"]),
                         ("/var/lib/canaryd/audit", folder / "audit"), ("/etc/canaryd/audit-key/key.pem", folder / "key.pem"),
                         ("/etc/canaryd/stop/stop", folder / "stop")):
            if old not in text:
                raise AssertionError(f"{old} is not in\n{text}")
            text = text.replace(old, str(new))
        subprocess.run([os.environ["CANARYD"], "audit", "key", "generate", "--out", folder / "key.pem"],
                       stdout=subprocess.DEVNULL, check=True)
        sandbox = cls.enterClassContext(Process("sandbox", [os.environ["CANARYD"], "sandbox", "--listen", "127.0.0.1:0"]))
        url = sandbox.wait_line(r"(http://127\.0\.0\.1:\d+)").group(1)
        text = text.replace("  in_cluster: true", f"  url:\n    address: {url}")
        file = folder / "canaryd.yaml"
        file.write_text(text)
        daemon = cls.enterClassContext(Process("canaryd", [os.environ["CANARYD"], "serve", "--config", file]))
        started = daemon.wait_line(r"^.*\bstarted\b.*$", timeout=60).group(0)
        ports = dict(word.split("=", 1) for word in started.split() if "_port=" in word)
        cls.host = f"127.0.0.1:{ports['webhook_port']}"
        daemon.wait_http(f"http://127.0.0.1:{ports['admin_port']}/readyz", timeout=60)

    def run_script(self, hosts=None, **more):
        """The finished process. The environment is the pod's, with this machine's paths."""
        environment = {one["name"]: one["value"] for one in self.container["env"]}
        environment.update(PATH=os.environ["PATH"], HOSTS=hosts or self.host, CURL_TLS=f"--cacert {self.pki.ca_file}",
                           ALERT_TOKEN=str(self.tokens["alert"]), VIEW_TOKEN=str(self.tokens["view"]))
        environment.update(more)
        return subprocess.run([*self.container["command"], *self.container["args"]], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, env=environment, check=False)

    def test_it_finds_its_record_at_each_replica(self):
        done = self.run_script(f"{self.host} {self.host}")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(done.stdout.count("took the notification and has its record"), 2)

    def test_it_passes_twice(self):
        for _ in range(2):
            done = self.run_script()
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_a_wrong_token_fails_it(self):
        done = self.run_script(ALERT_TOKEN=str(self.tokens["view"]))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("answered the notification with 403", done.stderr)

    def test_a_record_that_cannot_be_read_fails_it(self):
        self.assertNotEqual(self.run_script(VIEW_TOKEN=str(self.tokens["alert"])).returncode, 0)

    def test_a_certificate_of_somebody_else_fails_it(self):
        other = Pki(self.pki.folder / "other")
        self.assertNotEqual(self.run_script(CURL_TLS=f"--cacert {other.ca_file}").returncode, 0)

    def test_an_alert_that_nothing_maps_fails_it(self):
        done = self.run_script(LABELS=json.dumps({"alertname": "Other"}))
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("has no record", done.stderr)

    def test_labels_of_the_alert_come_through_as_they_are(self):
        labels = {"alertname": "CanaryFailing", "team": "Bob's \"lab\" $HOME"}
        _, container = pod({"test.alertLabels": labels})
        given = next(one["value"] for one in container["env"] if one["name"] == "LABELS")
        self.assertEqual(json.loads(given), labels)
        done = self.run_script(LABELS=given)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_it_is_not_there_where_it_could_not_pass(self):
        for file, changes in ((PLAIN, {}), (CHART / "ci/mtls-values.yaml", {}),
                              (CHART / "ci/everything-values.yaml", {"test.clientCertificateSecret": ""})):
            found = helm.objects(file, changes)
            self.assertNotIn("Pod", [o["kind"] for o in found])
            self.assertNotIn("canaryd-test", json.dumps(helm.one(found, "NetworkPolicy")))


if __name__ == "__main__":
    unittest.main()
