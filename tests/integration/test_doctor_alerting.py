"""What `canaryd doctor` says of a Prometheus and an Alertmanager that say what a test wants."""
import json
import unittest

from lab import daemon_case, doctor
from lab.doctor_case import DoctorCase, route

setUpModule = daemon_case.set_up

HIDDEN = """route:
  receiver: people
  routes:
  - receiver: {name}
    matchers: ['alertname=~"Canary.*"']
    continue: true
    group_by: [alertname, namespace, inferenceservice, revision, percent]
    group_wait: 0s
    group_interval: 1m
    repeat_interval: 50s
  - receiver: people
receivers:
- name: people
  webhook_configs: [{{url: <secret>}}]
- name: {name}
  webhook_configs:
  - url: <secret>
    max_alerts: 0
    http_config: {{follow_redirects: false, authorization: {{type: Bearer, credentials: <secret>}}}}
"""


class OnAlertmanager(DoctorCase):
    def ask(self, *more, arguments=()):
        server = self.answers(*more)
        found = doctor.run(self.configured().config_file, "--alertmanager", server.url, *arguments)
        self.assertEqual({method for method, _ in server.asked}, {"GET"})
        return found

    def test_urls_that_alertmanager_hides_are_found_by_the_receivers_name(self):
        found = self.ask(route(HIDDEN.format(name="monitoring/canaryd/canaryd")))
        self.assertNotIn("FAIL", {status for status, _ in found.of("alertmanager.route")}, found)
        self.assertTrue(any("shows no URL" in text for _, text in found.of("alertmanager.route")), found)
        found = self.ask(route(HIDDEN.format(name="robots")))
        self.assertIn("FAIL", found.bad()["alertmanager.route"], found)
        found = self.ask(route(HIDDEN.format(name="robots")), arguments=("--receiver", "robots"))
        self.assertNotIn("FAIL", found.bad()["alertmanager.route"], found)

    def test_names_that_nobody_says_are_not_taken_for_good_ones(self):
        hidden = route(HIDDEN.format(name="canaryd"))
        self.assertEqual(self.ask(hidden).one("tls.names")[0], "UNKNOWN")
        self.assertEqual(self.ask(hidden, arguments=("--host", "localhost")).one("tls.names")[0], "OK")
        self.assertEqual(self.ask(hidden, arguments=("--host", "elsewhere")).one("tls.names")[0], "FAIL")

    def test_an_alert_that_is_kept_back_now_is_told(self):
        alert = {"labels": {"alertname": "CanaryDown", "namespace": "ml", "inferenceservice": "iris"},
                 "status": {"state": "suppressed", "silencedBy": [], "inhibitedBy": ["abcd"]}}
        group = {"receiver": {"name": "canaryd"}, "alerts": [alert]}
        found = self.ask(route(HIDDEN.format(name="canaryd")), {"/api/v2/alerts/groups": [group]})
        self.assertEqual(found.one("alertmanager.kept_back")[0], "FAIL", found)

    def test_an_alert_that_a_time_interval_mutes_is_told_of_canaryds_route_alone(self):
        alert = {"labels": {"alertname": "CanaryDown", "namespace": "ml", "inferenceservice": "iris"},
                 "status": {"state": "suppressed", "silencedBy": [], "inhibitedBy": [], "mutedBy": ["weekends"]}}
        for receiver, expected in (("canaryd", "FAIL"), ("people", "OK")):
            group = {"receiver": {"name": receiver}, "alerts": [alert]}
            found = self.ask(route(HIDDEN.format(name="canaryd")), {"/api/v2/alerts/groups": [group]})
            self.assertEqual(found.one("alertmanager.kept_back")[0], expected, found)

    def test_a_silence_of_everything_is_told(self):
        silence = {"id": "s-1", "status": {"state": "active"}, "createdBy": "bob", "endsAt": "2030-01-01",
                   "matchers": [{"name": "alertname", "value": ".+", "isRegex": True, "isEqual": True}]}
        found = self.ask(route(HIDDEN.format(name="canaryd")), {"/api/v2/silences": [silence]})
        self.assertEqual(found.one("alertmanager.silences")[0], "FAIL", found)
        self.assertIn("bob", found.one("alertmanager.silences")[1])


class OnPrometheus(DoctorCase):
    def test_a_dead_canaryd_beside_a_living_one_is_told(self):
        living = {"metric": {"__name__": "canaryd_watch_synced", "job": "canaryd", "instance": "canaryd-0"},
                  "value": [1, "1"]}
        dead = {"labels": {"job": "canaryd", "instance": "canaryd-1"}, "scrapePool": "canaryd", "health": "down",
                "lastError": "connection refused", "scrapeInterval": "5s"}
        prometheus = self.answers({
            "/api/v1/query": {"status": "success", "data": {"resultType": "vector", "result": [living]}},
            "/api/v1/targets": {"data": {"activeTargets": [dead]}}})
        found = doctor.run(self.configured().config_file, "--prometheus", prometheus.url, "--replicas", 3)
        self.assertIn(("WARN", "canaryd's target canaryd-1 is down: connection refused"), found.of("prometheus.canaryd"))
        self.assertIn(("WARN", "Prometheus knows of 2 canaryds, and there are 3 (--replicas)"),
                      found.of("prometheus.canaryd"))


class TheTestAlert(DoctorCase):
    def test_it_has_the_namespace_of_a_service_and_not_canaryds_own(self):
        self.canary()
        daemon = self.serve(more="state:\n  namespace: canaryd\n")
        server = self.answers(route(HIDDEN.format(name="canaryd")))
        found = doctor.run(daemon.config_file, "--alertmanager", server.url, "--send-test", "--wait", "1s")
        self.assertIn("of the namespace ml", found.one("whole_way")[1])
        self.assertEqual({alert["labels"]["namespace"] for body in server.bodies for alert in json.loads(body)}, {"ml"})

    def test_it_is_not_sent_where_its_record_could_not_be_read(self):
        made = self.configured()
        server = self.answers(route(HIDDEN.format(name="canaryd")))
        made.audit_folder.rmdir()
        found = doctor.run(made.config_file, "--alertmanager", server.url, "--send-test", "--wait", "1s")
        self.assertEqual(found.one("whole_way")[0], "UNKNOWN", found)
        self.assertNotIn(("POST", "/api/v2/alerts"), server.asked)

    def test_one_that_does_not_arrive_is_a_fault_and_is_ended(self):
        daemon = self.serve()
        server = self.answers(route(HIDDEN.format(name="canaryd")))
        found = doctor.run(daemon.config_file, "--alertmanager", server.url, "--send-test", "--wait", "1s")
        self.assertEqual(found.one("whole_way")[0], "FAIL", found)
        self.assertEqual(server.asked.count(("POST", "/api/v2/alerts")), 2)


if __name__ == "__main__":
    unittest.main()
