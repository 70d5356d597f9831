"""Who may send to canaryd: client certificates of one CA with a list of SANs, their roles, their namespaces, tokens."""
import http.client
import json
import os
import pathlib
import re
import signal
import ssl
import tempfile
import unittest
import urllib.error
import urllib.parse

from lab import net, notify
from lab.cluster import StatusWriter
from lab.daemon import Canaryd
from lab.pki import Pki
from lab.sandbox import Sandbox
from lab.tls import Mount

CERTIFICATES = """    certificates:
      - name: am
        role: alert
        san: dns:alertmanager.monitoring.svc
      - name: spiffe
        role: alert
        san: uri:spiffe://cluster.local/ns/monitoring/sa/alertmanager
      - name: viewer
        role: view
        san: dns:viewer.test
      - name: operator
        role: operate
        san: dns:operator.test
      - name: team-a
        role: alert
        san: dns:team-a.test
        namespaces: [team-a]
"""
TOKENS = """      - name: viewer-token
        role: view
        file: {folder}/viewer-token
      - name: team-b-token
        role: alert
        file: {folder}/team-b-token
        namespaces: [team-b]
"""
SANS = {"am": "DNS:alertmanager.monitoring.svc", "spiffe": "URI:spiffe://cluster.local/ns/monitoring/sa/alertmanager",
        "viewer": "DNS:viewer.test", "operator": "DNS:operator.test", "team-a": "DNS:team-a.test",
        "unlisted": "DNS:unlisted.test", "two": "DNS:unlisted.test,DNS:alertmanager.monitoring.svc",
        "nearly": "DNS:alertmanager.monitoring.svc.test", "other-kind": "URI:alertmanager.monitoring.svc"}


def setUpModule():
    global FOLDER, SANDBOX
    folder = tempfile.TemporaryDirectory(prefix="canaryd-auth-")
    unittest.addModuleCleanup(folder.cleanup)
    FOLDER = pathlib.Path(folder.name)
    SANDBOX = Sandbox()
    unittest.addModuleCleanup(SANDBOX.stop)
    SANDBOX.pause()


class AuthCase(unittest.TestCase):
    """One daemon a class, started with a token and switched to client certificates by a reload."""

    number = 0

    @classmethod
    def setUpClass(cls):
        cls.folder = FOLDER / cls.__name__
        cls.pki = Pki(cls.folder / "pki")
        cls.clients = Pki(cls.folder / "clients", "CA of the clients")
        cls.others = Pki(cls.folder / "others", "CA of others")
        cls.mount = Mount(cls.folder / "mount", {"ca.crt": cls.clients.ca_file.read_bytes()})
        cls.daemon = Canaryd(os.environ["CANARYD"], cls.folder, SANDBOX.url, cls.pki)
        cls.addClassCleanup(cls.daemon.stop)
        for name in ("viewer-token", "team-b-token"):
            (cls.folder / name).write_text(f"the-secret-of-{name}\n")
        text = cls.daemon.config_file.read_text()
        text = re.sub(r"(    key: .*\n)", rf"\1    client_ca: {cls.mount.path('ca.crt')}\n", text)
        cls.text = text.replace("admin:\n", TOKENS.format(folder=cls.folder) + CERTIFICATES + "admin:\n", 1)
        cls.reconfigure(cls.text)
        cls.contexts = {name: cls.context(cls.clients, name, san) for name, san in SANS.items()}

    @classmethod
    def reconfigure(cls, text):
        done = cls.daemon.process.log().count("configuration_reloaded")
        cls.daemon.config_file.write_text(text)
        os.kill(cls.daemon.process.pid, signal.SIGHUP)
        net.wait_until(lambda: cls.daemon.process.log().count("configuration_reloaded") > done, 20, "the reload")

    @classmethod
    def context(cls, pki, name, san, newest=ssl.TLSVersion.TLSv1_3):
        context = cls.pki.client_context(*pki.issue(name, san))
        context.maximum_version = newest
        return context

    def setUp(self):
        AuthCase.number += 1
        self.service = StatusWriter(SANDBOX.request, "ml", f"auth-{AuthCase.number}")
        self.service.canary(20)

    def tearDown(self):
        code, text = self.daemon.verify()
        self.assertEqual(code, 0, text)

    def post(self, client, token=None, namespace="ml"):
        headers = {"Content-Type": "application/json", **({"Authorization": "Bearer " + token} if token else {})}
        alert = notify.alert(self.service.name, self.service.revision(2), namespace=namespace)
        context = self.contexts[client] if isinstance(client, str) else client
        return net.request("POST", self.daemon.webhook_url, notify.notification([alert]), headers, context)

    def assert_untouched(self):
        self.assertEqual(self.service.get()["spec"]["predictor"]["canaryTrafficPercent"], 20)

    def assert_rolled_back_by(self, actor, answer):
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.service.get()["spec"]["predictor"]["canaryTrafficPercent"], 0)
        intents = [r for r in self.daemon.records() if r["kind"] == "intent"]
        self.assertEqual([r["actor"] for r in intents if r["target"]["name"] == self.service.name], [actor])

    def handshakes_refused(self):
        text = net.request("GET", f"http://{self.daemon.admin_address}/metrics").body.decode()
        series = 'canaryd_http_refused_total{listener="webhook",reason="tls_handshake"}'
        found = re.search(rf"^{re.escape(series)} (\d+)$", text, re.MULTILINE)
        return int(found.group(1)) if found else 0

    def assert_no_handshake(self, client, token=None):
        before = self.handshakes_refused()
        # With TLS 1.3 the client learns of it when it first reads.
        with self.assertRaises((ssl.SSLError, ConnectionError, urllib.error.URLError, http.client.RemoteDisconnected)):
            self.post(client, token)
        net.wait_until(lambda: self.handshakes_refused() == before + 1, 10, "the refused handshake is counted")
        self.assert_untouched()


class Certificates(AuthCase):
    def test_a_listed_certificate_rolls_back_and_its_san_is_recorded(self):
        self.assert_rolled_back_by("san:dns:alertmanager.monitoring.svc", self.post("am"))

    def test_a_uri_as_san(self):
        self.assert_rolled_back_by("san:uri:spiffe://cluster.local/ns/monitoring/sa/alertmanager", self.post("spiffe"))

    def test_one_listed_san_of_several_is_enough(self):
        self.assert_rolled_back_by("san:dns:alertmanager.monitoring.svc", self.post("two"))

    def test_no_certificate_is_refused_in_the_handshake_whatever_the_token(self):
        token = self.daemon.token_file.read_text()
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.pki.client_context()
            context.maximum_version = newest
            with self.subTest(newest):
                self.assert_no_handshake(context)
                self.assert_no_handshake(context, token)

    def test_a_certificate_of_another_ca_is_refused_in_the_handshake(self):
        for newest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with self.subTest(newest):
                self.assert_no_handshake(self.context(self.others, "am", SANS["am"], newest))

    def test_the_servers_own_ca_is_not_the_clients(self):
        self.assert_no_handshake(self.context(self.pki, "am", SANS["am"]))

    def test_a_valid_certificate_that_is_not_listed_is_401(self):
        for client in ("unlisted", "nearly", "other-kind"):
            with self.subTest(client):
                answer = self.post(client)
                self.assertEqual(answer.status, 401, answer)
        self.assert_untouched()

    def test_the_roles_view_and_operate_cannot_post_alerts(self):
        for client in ("viewer", "operator"):
            with self.subTest(client):
                answer = self.post(client)
                self.assertEqual(answer.status, 403, answer)
        self.assert_untouched()

    def test_a_client_bound_to_namespaces_reaches_no_other(self):
        answer = self.post("team-a")
        self.assertEqual(answer.status, 200, answer)
        self.assertIn("not_in_scope", answer.body.decode())
        self.assert_untouched()
        self.service = StatusWriter(SANDBOX.request, "team-a", self.service.name)
        self.service.canary(20)
        self.assert_rolled_back_by("san:dns:team-a.test", self.post("team-a", namespace="team-a"))

    def test_the_url_reaches_no_other_namespace_either(self):
        alert = notify.alert(self.service.name, self.service.revision(2))
        for label in ("namespace", "inferenceservice"):
            del alert["labels"][label]
        url = f"{self.daemon.webhook_url}?namespace=ml&inferenceservice={self.service.name}"
        answer = net.request("POST", url, notify.notification([alert]), {}, self.contexts["team-a"])
        self.assertEqual(answer.status, 200, answer)
        self.assertIn("not_in_scope", answer.body.decode())
        self.assert_untouched()


class CertificatesAndTokens(AuthCase):
    def test_a_valid_certificate_is_the_condition_and_the_token_says_who(self):
        token = self.daemon.token_file.read_text()
        self.assert_rolled_back_by("token:alertmanager", self.post("unlisted", token))

    def test_a_wrong_token_is_not_made_good_by_the_certificate(self):
        self.assertEqual(self.post("am", "no-token-of-anyone").status, 401)
        self.assert_untouched()

    def test_the_role_of_the_token_counts_and_roles_never_add_up(self):
        self.assertEqual(self.post("am", "the-secret-of-viewer-token").status, 403)
        self.assert_untouched()
        token = self.daemon.token_file.read_text()
        self.assert_rolled_back_by("token:alertmanager", self.post("viewer", token))

    def test_a_token_bound_to_namespaces_reaches_no_other(self):
        answer = self.post("am", "the-secret-of-team-b-token")
        self.assertEqual(answer.status, 200, answer)
        self.assertIn("not_in_scope", answer.body.decode())
        self.assert_untouched()


class ChangesWhileConnected(AuthCase):
    def connect(self, client):
        port = urllib.parse.urlsplit(self.daemon.webhook_url).port
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=self.contexts[client], timeout=10)
        self.addCleanup(connection.close)
        connection.connect()
        connection.auto_open = 0  # a request on a connection that was closed is an error, not a new one
        return connection

    def status(self, connection):
        body = json.dumps(notify.notification([notify.alert(self.service.name, status="resolved")]))
        connection.request("POST", "/webhooks/alertmanager", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def test_a_san_taken_off_the_list_is_refused_at_its_next_request(self):
        connection = self.connect("am")
        self.assertEqual(self.status(connection), 200)
        self.reconfigure(self.text.replace("dns:alertmanager.monitoring.svc", "dns:someone.else.test"))
        self.assertEqual(self.status(connection), 401)
        self.reconfigure(self.text)
        self.assertEqual(self.status(self.connect("am")), 200)

    def test_a_replaced_ca_refuses_the_old_clients_and_admits_the_new_ones(self):
        connection = self.connect("am")
        self.assertEqual(self.status(connection), 200)
        new = self.context(self.others, "am", SANS["am"])
        self.assert_no_handshake(new)
        reloads = self.daemon.process.log().count("certificate_reloaded")
        self.mount.put({"ca.crt": self.others.ca_file.read_bytes()})
        net.wait_until(lambda: self.daemon.process.log().count("certificate_reloaded") > reloads, 20, "the new CA")
        self.assertEqual(self.status(connection), 401)
        self.assert_no_handshake("am")
        self.assert_rolled_back_by("san:dns:alertmanager.monitoring.svc", self.post(new))
        reloads = self.daemon.process.log().count("certificate_reloaded")
        self.mount.put({"ca.crt": self.clients.ca_file.read_bytes()})
        net.wait_until(lambda: self.daemon.process.log().count("certificate_reloaded") > reloads, 20, "the old CA")


if __name__ == "__main__":
    unittest.main()
