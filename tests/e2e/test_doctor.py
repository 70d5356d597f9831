"""`canaryd doctor` on the whole chain: a real Prometheus with the shipped rules and scrapes, a real Alertmanager with
the shipped route, the sandbox and canaryd."""
import datetime
import os
import unittest

from lab import doctor, net
from lab.chain import Chain
from lab.cluster import tools
from lab.procs import temp_folder
from lab.prometheus import shipped_rules

# Of the lab: certificates end in two days, and the sandbox lets everybody do everything.
OF_THE_LAB = {"tls.certificate": {"WARN"}, "kubernetes.permissions_beyond": {"WARN"}}

LOOSENED = """
  - name: left-over
    rules:
      - alert: CanaryHealthy
        expr: canary:rollout:percent{job=""} > 0
        labels: {severity: none}
"""


class TheWholeChain(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(temp_folder())
        cls.chain = cls.enterClassContext(Chain(
            os.environ["CANARYD"], tools(), folder, route=doctor.with_people))
        prometheus = cls.chain.prometheus
        cls.chain.wait("prometheus", lambda: prometheus.query('canary:requests:rate2m{job=""}'), 90, "requests")
        cls.chain.wait("prometheus",
                       lambda: prometheus.query('canaryd_heartbeat_timestamp_seconds{job="canaryd"} > 0'), 180,
                       "a heartbeat that came to canaryd")

    def doctor(self, *arguments):
        return doctor.run(self.chain.canaryd.config_file, "--prometheus", self.chain.prometheus.url,
                          "--alertmanager", self.chain.alertmanager.url, "--replicas", 1, *arguments)

    def test_it_is_well(self):
        found = self.doctor("--send-test")
        self.assertEqual((found.bad(), found.code), (OF_THE_LAB, 0), found)
        for check in ("prometheus.rules", "prometheus.canaryd", "alertmanager.heartbeat", "alertmanager.route",
                      "alertmanager.silences", "alertmanager.kept_back", "whole_way"):
            self.assertEqual(found.one(check)[0], "OK", found)
        self.assertIn(("OK", "ml/iris: requests of canary and stable are measured"), found.of("prometheus.series"))
        self.assertEqual(found.one("prometheus.interval")[1],
                         "source model-metrics: scraped every 5s (model-servers), every rule bears 7.5s")
        self.assertEqual(found.one("tls.names")[1], "the certificate has the names that Alertmanager calls: 127.0.0.1")

    def test_the_test_alert_is_refused_and_recorded_and_moves_nothing(self):
        before = self.chain.sandbox.service("ml", "iris")["spec"]
        self.assertEqual(self.doctor("--send-test").one("whole_way")[0], "OK")
        records = [record for record in self.chain.canaryd.records()
                   if record.get("target", {}).get("name", "").startswith("canaryd-doctor-")]
        self.assertEqual({record["target"]["namespace"] for record in records}, {"ml"})
        self.assertEqual({(record["verdict"], record["reason"]) for record in records
                          if record["alerts"][0]["status"] == "firing"}, {("refuse", "not_found")})
        self.assertEqual(self.chain.sandbox.service("ml", "iris")["spec"], before)

        def ended():
            return not [alert for alert in self.chain.alertmanager.alerts() if "canaryd_doctor" in alert["labels"]]

        net.wait_until(ended, 30, "the test alerts have ended", 0.2)

    def test_a_silence_is_found_and_the_test_alert_does_not_pass_it(self):
        now = datetime.datetime.now(datetime.timezone.utc)
        silences = self.chain.alertmanager.url + "/api/v2/silence"
        made = net.request("POST", silences + "s", {
            "matchers": [{"name": "alertname", "value": "Canary.+", "isRegex": True, "isEqual": True}],
            "startsAt": now.isoformat(), "endsAt": (now + datetime.timedelta(hours=1)).isoformat(),
            "createdBy": "bob", "comment": "quiet"}).json()["silenceID"]
        self.addCleanup(net.request, "DELETE", f"{silences}/{made}")
        found = self.doctor("--send-test", "--wait", "3s")
        self.assertEqual(found.one("alertmanager.silences")[0], "FAIL", found)
        self.assertEqual(found.one("whole_way")[0], "FAIL", found)
        self.assertEqual(found.code, 3)

    def test_what_differs_at_another_prometheus_is_told(self):
        sick = self.chain.start_prometheus("sick", honor_labels=False, rules=self.sick_rules())
        self.chain.wait("sick", lambda: sick.query('canary:requests:rate2m{job=""}'), 90, "requests")
        found = doctor.run(self.chain.canaryd.config_file, "--prometheus", sick.url)
        rules = found.of("prometheus.rules")
        self.assertTrue(any(status == "WARN" and "CanaryHighErrorRate" in text for status, text in rules), found)
        self.assertTrue(any("canaryd.yaml is not loaded" in text for _, text in rules), found)
        self.assertTrue(any(status == "WARN" and "CanaryHealthy (group left-over)" in text for status, text in rules),
                        found)
        self.assertEqual(found.one("prometheus.canaryd")[0], "WARN", found)
        self.assertEqual(found.one("prometheus.alertmanagers")[0], "FAIL", found)

    def sick_rules(self):
        """Without those for people, and with one that is not as shipped."""
        folder = self.enterContext(temp_folder())
        files = []
        for file in shipped_rules():
            if file.name == "canaryd.yaml":
                continue
            text = file.read_text()
            if file.name == "canary.yaml":
                head, rest = text.split("- alert: CanaryHighErrorRate\n")
                text = head + "- alert: CanaryHighErrorRate\n" + rest.replace("for: 2m\n", "for: 7m\n", 1)
                text += LOOSENED
            (folder / file.name).write_text(text)
            files.append(folder / file.name)
        return files


if __name__ == "__main__":
    unittest.main()
