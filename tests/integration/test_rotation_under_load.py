"""Certificate, tokens and configuration replaced while notifications come, each as the kubelet does it (a swap of ..data):
not one is lost."""
import http.client
import json
import os
import pathlib
import tempfile
import threading
import time
import unittest
import urllib.parse

from lab import net, notify
from lab.cluster import StatusWriter
from lab.daemon import Canaryd
from lab.pki import Pki
from lab.sandbox import Sandbox
from lab.tls import Mount, MountedPki, shown_certificate

ROUNDS = 4
NAME = "rotated"
CLIENTS = """      - name: alertmanager-{one}
        role: alert
        file: {file}
"""
POLICY = """alerts:
  - matchers: ['alertname="CanaryHighErrorRate"']
    action: rollback
policies:
  - name: default
    thresholds:
      error_ratio: {limit}
"""


class Senders:
    """Threads that send until stop(): half of them on one connection each, half with a new one for each request.
    `token` is that of the next request. What was not answered 200 is in `lost`."""

    def __init__(self, url, context, body, token):
        self._url, self._context, self._body = urllib.parse.urlsplit(url), context, json.dumps(body)
        self.token = token
        self.sent, self.lost = 0, []
        self._lock, self._stopping = threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(keeps,)) for keeps in (True, True, False, False)]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _connect(self):
        connection = http.client.HTTPSConnection(self._url.hostname, self._url.port, context=self._context, timeout=15)
        connection.connect()
        connection.auto_open = 0  # a connection that was closed is a lost request, not a new connection
        return connection

    def _run(self, keeps):
        connection = None
        while not self._stopping.is_set():
            try:
                connection = connection or self._connect()
                connection.request("POST", self._url.path, self._body, {
                    "Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
                answer = connection.getresponse()
                said = answer.read()
                fault = None if answer.status == 200 else f"{answer.status} {said!r}"
            except (OSError, http.client.HTTPException) as error:
                fault = f"keeps={keeps}: {error!r}"
            if not keeps or fault:
                connection = connection and connection.close()
            with self._lock:
                self.sent += 1
                if fault:
                    self.lost.append(fault)
            time.sleep(0.005)
        if connection:
            connection.close()


class UnderLoad(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="canaryd-rotation-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        sandbox = Sandbox()
        self.addCleanup(sandbox.stop)
        sandbox.pause()
        pki = Pki(self.folder / "pki")
        self.context = pki.client_context()
        self.pki = MountedPki(pki, self.folder / "secret")
        self.service = StatusWriter(sandbox.request, "ml", NAME)
        self.service.canary(20)
        self.tokens = {"a": "the-first-token-of-a", "b": "the-first-token-of-b"}
        self.token_mount = Mount(self.folder / "tokens", self.tokens)
        self.daemon = Canaryd(os.environ["CANARYD"], self.folder / "daemon", sandbox.url, self.pki,
                              more=POLICY.format(limit=0.01))
        self.addCleanup(self.daemon.stop)
        self.port = urllib.parse.urlsplit(self.daemon.webhook_url).port
        self.mount_configuration()

    def configuration(self, limit):
        return self.text.replace("error_ratio: 0.01", f"error_ratio: {limit}")

    def mount_configuration(self):
        """From here on the file is a link into a mounted ConfigMap, and names the two clients."""
        clients = "".join(CLIENTS.format(one=one, file=self.token_mount.path(one)) for one in self.tokens)
        self.text = self.daemon.config_file.read_text().replace("    tokens:\n", "    tokens:\n" + clients)
        self.config_mount = Mount(self.folder / "config", {"canaryd.yaml": self.configuration(0.02)})
        link = self.folder / "link"
        link.symlink_to(self.config_mount.path("canaryd.yaml"))
        os.replace(link, self.daemon.config_file)
        self.wait_limit(0.02)

    def wait_limit(self, limit):
        line = f'inferenceservice=NAME,namespace="ml",signal="error_ratio"}} {limit}'

        def taken():
            metrics = net.request("GET", f"http://{self.daemon.admin_address}/metrics").body.decode()
            return any(text.startswith("canaryd_threshold{") and 'signal="error_ratio"' in text
                       and text.endswith(f"}} {limit}") for text in metrics.splitlines())

        net.wait_until(taken, 30, f"the configuration with {line}")

    def deliver(self, token, alert):
        return net.request("POST", self.daemon.webhook_url, notify.notification([alert]),
                           {"Authorization": "Bearer " + token, "Content-Type": "application/json"}, self.context)

    def resolved(self):
        return notify.alert(NAME, self.service.revision(2), status="resolved")

    def rotate_token(self, number, senders):
        """As docs/configuration.md says it: the client that is not in use gets the new one, then it is used."""
        one = "ab"[number % 2]
        self.tokens[one] = f"token-{number}-of-the-client-{one}"
        self.token_mount.put(self.tokens)
        net.wait_until(lambda: self.deliver(self.tokens[one], self.resolved()).status == 200, 30, "the new token is taken")
        senders.token = self.tokens[one]

    def test_no_notification_is_lost(self):
        body = notify.notification([self.resolved()])
        senders = Senders(self.daemon.webhook_url, self.context, body, self.tokens["b"])
        try:
            for number in range(ROUNDS):
                renewed = self.pki.pair(f"renewed-{number}")
                self.pki.mount.put(renewed)
                self.rotate_token(number, senders)
                limit = 0.03 + number / 100
                self.config_mount.put({"canaryd.yaml": self.configuration(limit)})
                self.wait_limit(limit)
                wanted = renewed["tls.crt"].decode().strip()
                net.wait_until(lambda wanted=wanted: shown_certificate(self.port, self.context) == wanted, 30,
                               "the renewed certificate is shown")
        finally:
            senders.stop()
        print(f"  {senders.sent} notifications while each of the three was replaced {ROUNDS} times")
        self.assertEqual(senders.lost, [])
        self.assertGreater(senders.sent, 100)
        self.assertEqual(self.daemon.process.log().count("event=started"), 1)
        answer = self.deliver(senders.token, notify.alert(NAME, self.service.revision(2)))
        self.assertEqual((answer.status, self.service.get()["spec"]["predictor"]["canaryTrafficPercent"]), (200, 0))
        code, text = self.daemon.verify()
        self.assertEqual(code, 0, text)

    def test_a_request_that_is_refused_would_be_seen(self):
        body = notify.notification([self.resolved()])
        senders = Senders(self.daemon.webhook_url, self.context, body, "no-token-of-anybody")
        net.wait_until(lambda: senders.sent > 4, 20, "some were sent")
        senders.stop()
        self.assertEqual(len(senders.lost), senders.sent)


if __name__ == "__main__":
    unittest.main()
