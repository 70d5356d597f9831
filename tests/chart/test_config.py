"""The configuration that the chart makes: canaryd takes it, and a pod is restarted for a change exactly where a running
canaryd does not take it, as docs/configuration.md says."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from chart import helm
from chart.helm import CHART, CI, SOURCE

BASE = CHART / "ci/everything-values.yaml"
# Another value than the one that BASE has, for each key of `config`.
CHANGES = {
    "log.format": "logfmt", "log.level": "warn",
    "audit.origin": "other", "audit.rotate_size": "32MiB", "audit.rotate_age": "1h", "audit.keep": "60d",
    "audit.keep_at_least": "8d", "audit.max_size": "off", "audit.space.warn": "300MiB", "audit.space.make_room": "130MiB",
    "audit.space.stop": "65MiB", "audit.witness.configmap": "other", "audit.redact.labels": ["email"],
    "breaker.max_rollbacks": 6, "breaker.window": "30m", "breaker.rollbacks": "go_on",
    "prometheus.url": "https://other.monitoring.svc:9090", "prometheus.ca_file": "/etc/canaryd/prometheus/b.crt",
    "prometheus.token_file": "/etc/canaryd/prometheus/b", "prometheus.certificate": "/etc/canaryd/prometheus/tls.crt",
    "prometheus.key": "/etc/canaryd/prometheus/tls.key", "prometheus.allow_http": True,
    "alerts": [], "policies": [{"name": "other", "mode": "observe"}],
}
# Keys of the daemon that other values of the chart set.
ELSEWHERE = {
    "server.maxConnections": (64, True), "server.address": ("0.0.0.0", True), "namespaces": (["ml"], True),
    "fullnameOverride": ("other", True), "replicas": (3, False), "image.tag": ("0.2.0", False),
    "clients.certificates": ([], False), "tls.clientCA.key": ("b.crt", False), "audit.signing.keys": (["b.pem"], False),
}


def documented():
    """{key: "reload" or "restart"} for the keys that say so."""
    text = (SOURCE / "docs/configuration.md").read_text()
    return dict(re.findall(r"^\| `([a-z_.\[\]]+)` \|.*?\| (reload|restart) \|", text, re.M))


class Configuration(unittest.TestCase):
    def check(self, text):
        with tempfile.TemporaryDirectory(prefix="canaryd-config-") as folder:
            file = pathlib.Path(folder) / "canaryd.yaml"
            file.write_text(text)
            return subprocess.run([os.environ["CANARYD"], "check-config", file], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, check=False)

    def test_canaryd_takes_each(self):
        for file in CI:
            with self.subTest(file.name):
                done = self.check(helm.configuration(helm.objects(file)))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_large_numbers_stay_numbers(self):
        text = helm.configuration(helm.objects(BASE, {"config.policies[0].thresholds.min_requests": 1000000000}))
        self.assertEqual(self.check(text).returncode, 0, text)
        self.assertIn("min_requests: 1000000000", text)

    def test_off_may_be_written_as_canaryd_writes_it(self):
        """Without quotes, which YAML 1.1 reads as false."""
        text = helm.configuration(helm.objects(BASE, {"config.policies[0].thresholds.error_ratio": False,
                                                      "config.policies[0].promotion.error_margin": "off"}))
        self.assertEqual(self.check(text).returncode, 0, text)
        self.assertIn("  error_ratio: off\n", text)
        self.assertIn("  error_margin: off\n", text)
        self.assertIn("new_revision_restarts: false", text)

    def test_what_values_say_of_it_stands_in_it(self):
        wanted = helm.read_yaml(BASE.read_text())[0]["config"]
        config = helm.read_yaml(helm.configuration(helm.objects(BASE)))[0]
        wanted["policies"][0]["thresholds"]["confidence_ratio"] = False  # `off`, as this reader of YAML has it
        for key in ("log", "breaker", "prometheus", "alerts", "policies"):
            self.assertEqual(config[key], wanted[key])
        self.assertEqual({**config["audit"], **wanted["audit"]}, config["audit"])
        self.assertEqual(config["audit"]["key_files"], ["/etc/canaryd/audit-key/key.pem"])

    def hash(self, changes, namespace=helm.NAMESPACE):
        pod = helm.one(helm.objects(BASE, changes, namespace=namespace), "StatefulSet")["spec"]["template"]
        return pod["metadata"]["annotations"]["checksum/restart"]

    def test_a_pod_is_restarted_for_what_a_running_canaryd_does_not_take(self):
        changes = documented()
        under_config = {key: change for key, change in changes.items()
                        if key.split(".")[0].split("[")[0] in {k.split(".")[0] for k in CHANGES}
                        and key not in ("audit.directory", "audit.key_files")}
        # Of alerts and policies all is reloaded: one change stands for each.
        inner = {key for key in under_config if key.startswith(("alerts[]", "policies[]"))}
        self.assertEqual({under_config[key] for key in inner}, {"reload"})
        whole = {"alerts": "reload", "policies": "reload"}
        self.assertEqual(set(CHANGES), set(under_config) - inner | set(whole))
        before = self.hash({})
        for key, value in CHANGES.items():
            with self.subTest(key):
                restarts = self.hash({f"config.{key}": value}) != before
                self.assertEqual(restarts, {**under_config, **whole}[key] == "restart")
        for key, (value, wanted) in ELSEWHERE.items():
            with self.subTest(key):
                more = {"admissionPolicy.mode": "auto"} if key == "namespaces" else {}
                self.assertEqual(self.hash({key: value, **more}) != before, wanted)

    def test_the_same_values_make_the_same_hash(self):
        self.assertEqual(self.hash({}), self.hash({}))


if __name__ == "__main__":
    unittest.main()
