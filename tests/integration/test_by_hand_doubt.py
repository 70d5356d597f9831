"""Steps by hand where a fact is in doubt: times in the future, a Prometheus that wants to know who asks."""
import json
import ssl
import time
import unittest

from lab import daemon_case as case
from lab.by_hand_case import POLICY, YOUNG, ByHand
from lab.fake_prometheus import FakePrometheus
from lab.misbehaving import MisbehavingApi

setUpModule = case.set_up


class Ahead(MisbehavingApi):
    """The API server of a cluster whose clock is wrong: it says that percents were written `ahead` seconds from now."""

    ahead = 0

    def _send(self, handler, status, headers, body, part=None):
        single = handler.command == "GET" and "inferenceservices/" in handler.path
        if single and status == 200 and self.ahead:
            thing = json.loads(body)
            time_then = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + self.ahead))
            for entry in thing["metadata"]["managedFields"]:
                if "f:canaryTrafficPercent" in entry["fieldsV1"].get("f:spec", {}).get("f:predictor", {}):
                    entry["time"] = time_then
            body = json.dumps(thing).encode()
        MisbehavingApi._send(handler, status, headers, body, part)


class TimesAhead(ByHand):
    @classmethod
    def cluster(cls):
        cls.api = Ahead(case.SANDBOX.url)
        cls.addClassCleanup(cls.api.stop)
        return cls.api.url

    def test_a_percent_that_was_written_in_the_future_has_served_no_dwell(self):
        self.addCleanup(setattr, self.api, "ahead", 0)
        self.api.ahead = 2 * 3600
        record = self.held("dwell", *self.advance("warming_up", "gate_unknown"))
        detail = next(guard["detail"] for guard in record["guards"] if guard["guard"] == "dwell")
        self.assertIn("in the future", detail)
        self.api.ahead = 0
        record = self.held("dwell", *self.advance("warming_up", "gate_unknown"))
        detail = next(guard["detail"] for guard in record["guards"] if guard["guard"] == "dwell")
        self.assertIn("1h are wanted", detail)
        self.api.ahead = 2 * 3600
        self.do(*self.advance(*YOUNG))  # a person who names it passes over it
        self.assertEqual(self.percent(), 25)

    def test_a_rollback_does_not_ask_when_the_percent_was_written(self):
        self.addCleanup(setattr, self.api, "ahead", 0)
        self.api.ahead = 2 * 3600
        self.do("rollback", self.target, "--reason", "x")
        self.assertEqual(self.percent(), 0)


class ByTls(ByHand):
    """A Prometheus that asks for a client certificate and a token."""

    with_certificate = True

    @classmethod
    def setUpClass(cls):
        certificate, key = case.PKI.issue("prometheus")
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(case.PKI.ca_file))
        context.load_cert_chain(certificate, key)
        context.verify_mode = ssl.CERT_REQUIRED
        cls.prometheus = FakePrometheus(cls.share, context)
        cls.addClassCleanup(cls.prometheus.stop)
        cls.prometheus.token = "the-secret-of-canaryd"
        own, own_key = case.PKI.issue("canaryd-of-prometheus", "DNS:canaryd")
        cls.token_file = own.parent / "prometheus-token"
        cls.token_file.write_text(cls.prometheus.token + "\n")
        certificate = f", certificate: {own}, key: {own_key}" if cls.with_certificate else ""
        cls.policy = POLICY + (f"prometheus: {{url: {cls.prometheus.url}, ca_file: {case.PKI.ca_file}, "
                               f"token_file: {cls.token_file}{certificate}}}\n")
        super().setUpClass()

    @staticmethod
    def share(namespace, name, component):
        found = case.SANDBOX.service(namespace, name)
        return {found["status"]["components"][component]["latestReadyRevision"]:
                found["spec"][component]["canaryTrafficPercent"]}

    def unknown(self):
        record = self.held("gate_unknown", *self.advance("dwell", "warming_up"))
        self.assertEqual(self.percent(), 10)
        return next(guard["detail"] for guard in record["guards"] if guard["guard"] == "gate_unknown")


class Gate(ByTls):
    def test_a_gate_that_knows_who_asks_lets_a_healthy_canary_go_on(self):
        self.do(*self.advance("dwell", "warming_up"))
        self.assertEqual(self.percent(), 25)

    def test_a_token_that_is_refused_holds_until_the_file_has_the_right_one(self):
        self.addCleanup(setattr, self.prometheus, "token", self.prometheus.token)
        self.addCleanup(self.token_file.write_text, self.token_file.read_text())
        self.prometheus.token = "another-secret"
        self.assertIn("HTTP status 401", self.unknown())
        self.token_file.write_text("another-secret\n")
        self.do(*self.advance("dwell", "warming_up"))
        self.assertEqual(self.percent(), 25)


class GateWithoutCertificate(ByTls):
    with_certificate = False

    def test_nothing_is_answered_and_that_holds(self):
        self.assertIn("requests: ", self.unknown())
        self.assertEqual(self.prometheus.queries, [])


if __name__ == "__main__":
    unittest.main()
