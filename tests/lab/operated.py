"""A canaryd with a person who operates it: the commands of the binary, and the API behind them."""
import os
import subprocess

from lab import net
from lab.daemon import Canaryd

CLIENT = "      - name: {name}\n        role: {role}\n        file: {file}\n"


class Operated(Canaryd):
    """The same, with the client `alice` of the role operate."""

    def __init__(self, canaryd, folder, cluster, pki, instance="lab", more=""):
        self._pki = pki
        self._operator = None
        super().__init__(canaryd, folder, cluster, pki, instance, more)

    def _start(self, log):
        if self._operator is None:
            self._operator = self.config_file.parent / "alice"
            self._operator.write_text("the-secret-of-alice\n")
            client = CLIENT.format(name="alice", role="operate", file=self._operator)
            self.config_file.write_text(self.config_file.read_text().replace("admin:\n", client + "admin:\n", 1))
        super()._start(log)
        self.server = self.webhook_url.rsplit("/webhooks/", 1)[0]

    def command(self, *words):
        """(exit code, stdout, stderr) of `canaryd WORDS...` as alice."""
        done = subprocess.run(
            [self.binary, *words, "--server", self.server, "--ca", self._pki.ca_file, "--token-file", self._operator],
            env={name: value for name, value in os.environ.items() if not name.startswith("CANARYD_")},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def row(self, namespace, name):
        """The service's line of GET /api/v1/rollouts; None when it has no canary in flight."""
        headers = {"Authorization": "Bearer " + self._operator.read_text().strip()}
        answer = net.request("GET", f"{self.server}/api/v1/rollouts?namespace={namespace}", None, headers,
                             self._pki.client_context(), 30)
        if answer.status != 200:
            raise AssertionError(f"rollouts: {answer}")
        return next((row for row in answer.json()["rollouts"] if row["name"] == name), None)

    def wait_dwelt(self, namespace, name, percent):
        """Until the canary has had this share for its dwell, as canaryd sees it."""
        def dwelt():
            row = self.row(namespace, name)
            return row and row["percent"] == percent and row["dwell_left_seconds"] == 0 and \
                not {"dwell", "not_converged"} & set(row["held_by"])
        net.wait_until(dwelt, 30, f"{namespace}/{name} has dwelt at {percent}: {self.row(namespace, name)}", 0.1)

    def series(self, start):
        """The samples whose name and labels begin so: {text: value}."""
        found = {}
        for line in net.request("GET", f"http://{self.admin_address}/metrics").body.decode().splitlines():
            if line.startswith(start):
                key, value = line.rsplit(" ", 1)
                found[key] = float(value)
        return found
