"""What `canaryd route check` says of inhibit rules, judged by a real Alertmanager with those rules."""
import json
import re
import time
import unittest

from lab import net
from lab.alertmanager import Alertmanager
from lab.procs import temp_folder
from lab.routes import CONFIGS, as_argument, report, tool


class Inhibition(unittest.TestCase):
    """An Alertmanager with the very rules, and alerts in it."""

    def kept_back(self, file, alerts):
        """{fingerprint-free labels: whether kept back} after the alerts were sent to an Alertmanager with this file."""
        with temp_folder() as folder:
            manager = Alertmanager(tool("amtool").parent, folder, file.read_text())
            try:
                sent = net.request("POST", f"{manager.url}/api/v2/alerts", [{"labels": labels} for labels in alerts])
                self.assertEqual(sent.status, 200, sent)

                def seen():
                    found = manager.alerts()
                    # The status is set when the group is first flushed.
                    known = all(alert["status"]["state"] != "unprocessed" for alert in found)
                    return found if len(found) == len(alerts) and known else None

                net.wait_until(seen, 60, "every alert processed")
                # What was flushed before the inhibitor knew the other alert is judged anew at the next flush.
                time.sleep(2.5)
                found = net.wait_until(seen, 60, "every alert processed again")
                return {json.dumps(a["labels"], sort_keys=True): bool(a["status"]["inhibitedBy"]) for a in found}
            finally:
                manager.stop()

    def quick(self, folder, name):
        """The configuration's inhibit rules under a route that flushes at once and tells nobody."""
        text = (CONFIGS / f"{name}.yaml").read_text()
        rules = re.search(r"(?m)^inhibit_rules:\n(?:[ #].*\n)+", text).group(0)
        file = folder / f"{name}.yaml"
        file.write_text(rules + "route: {receiver: nobody, group_wait: 0s, group_interval: 1s, group_by: ['...']}\n"
                        "receivers: [{name: nobody}]\n")
        return file

    def test_each_example_of_a_finding_is_so(self):
        with temp_folder() as folder:
            for name in ("inhibited", "old-matchers"):
                findings = [f for f in report(CONFIGS / f"{name}.yaml")["findings"] if f["code"] == "inhibited"]
                self.assertTrue(findings)
                for finding in findings:
                    with self.subTest(f"{name}:{finding['line']}"):
                        state = self.kept_back(self.quick(folder, name), [finding["kept_back"], finding["by"]])
                        self.assertTrue(state[json.dumps(finding["kept_back"], sort_keys=True)], finding)

    def test_the_rules_of_kube_prometheus_keep_no_canary_alert_back(self):
        answer = report(CONFIGS / "kube-prometheus-canaryd.yaml")
        alerts = [alert["labels"] for alert in answer["alerts"]]
        others = [{"alertname": name, "severity": severity, "namespace": labels["namespace"]}
                  for labels in alerts if "namespace" in labels
                  for name, severity in (("InfoInhibitor", "none"), ("KubePodCrashLooping", "critical"))][:2]
        twins = [{**labels, "inferenceservice": "other", "revision": "other-predictor-00001"}
                 for labels in alerts if "inferenceservice" in labels]
        with temp_folder() as folder:
            state = self.kept_back(self.quick(folder, "kube-prometheus-canaryd"), alerts + others + twins)
        # InfoInhibitor itself is kept back, by the last of the rules.
        self.assertEqual([labels for labels, inhibited in state.items() if inhibited and "Canary" in labels], [])
        self.assertTrue(any(state.values()))

    def test_they_do_keep_back_a_warning_of_another_service_and_the_check_says_so(self):
        warning = {"alertname": "IrisDrifts", "severity": "warning", "namespace": "ml", "inferenceservice": "iris"}
        critical = {**warning, "severity": "critical", "inferenceservice": "other"}
        with temp_folder() as folder:
            config = folder / "canaryd.yaml"
            config.write_text("server: {tls: {certificate: a, key: b}, clients: {tokens: [{name: a, role: alert, "
                              "file: t}]}}\nalerts: [{matchers: ['alertname=\"IrisDrifts\"'], action: rollback}]\n")
            answer = report(CONFIGS / "kube-prometheus-canaryd.yaml", "--config", config, "--alert",
                            as_argument(warning))
            finding, = [f for f in answer["findings"] if f["code"] == "inhibited"]
            self.assertEqual(finding["severity"], "error")
            state = self.kept_back(self.quick(folder, "kube-prometheus-canaryd"), [warning, critical])
            self.assertTrue(state[json.dumps(warning, sort_keys=True)])
            self.assertFalse(state[json.dumps(critical, sort_keys=True)])


if __name__ == "__main__":
    unittest.main()
