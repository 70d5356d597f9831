"""`canaryd serve` as a child process, with a configuration made for it."""
import json
import pathlib
import secrets
import subprocess

from lab import audit_schema, net
from lab.procs import Process

CONFIG = """instance: {instance}
server:
  listen: "127.0.0.1:0"
  tls:
    certificate: {certificate}
    key: {key}
  clients:
    tokens:
      - name: alertmanager
        role: alert
        file: {token_file}
admin:
  listen: "127.0.0.1:0"
cluster:
{cluster}
audit:
  directory: {audit}
{more}"""


class Canaryd:
    """The daemon, ready when the constructor returns. `cluster`: a URL without authentication, or the lines of the
    configuration's `cluster`, indented. `more` is text at the end of its configuration."""

    records_fit = True

    def __init__(self, canaryd, folder, cluster, pki, instance="lab", more=""):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.binary = canaryd
        self.audit_folder = folder / "audit"
        self.token_file = folder / "token"
        self.token_file.write_text(secrets.token_urlsafe(24))
        self.token_file.chmod(0o600)
        certificate, key = pki.issue(f"server-{instance}")
        self.config_file = folder / "canaryd.yaml"
        if cluster.startswith("http"):
            cluster = f"  url:\n    address: {cluster}"
        self.config_file.write_text(CONFIG.format(
            instance=instance, certificate=certificate, key=key, token_file=self.token_file, cluster=cluster,
            audit=self.audit_folder, more=more))
        self._start(folder / "canaryd.log")

    def _start(self, log):
        self.process = Process("canaryd", [self.binary, "serve", "--config", self.config_file], log_path=log)
        try:
            started = self.process.wait_line(r"^.*\bstarted\b.*$", timeout=60).group(0)
            ports = dict(part.split("=", 1) for part in started.split() if "_port=" in part)
            self.admin_address = f"127.0.0.1:{int(ports['admin_port'])}"
            self.webhook_url = f"https://127.0.0.1:{int(ports['webhook_port'])}/webhooks/alertmanager"
            self.process.wait_http(f"http://{self.admin_address}/readyz", timeout=60)
        except BaseException:
            self.stop()
            raise

    def again(self):
        """The same one, started anew after stop(): its folder, its log of records, other ports. Returns itself."""
        self._start(self.config_file.parent / "canaryd-again.log")
        return self

    def wait_in_flight(self, namespace, name):
        """Until the watch's copy shows a canary of the service in flight."""
        series = f'canaryd_rollout_revision{{namespace="{namespace}",inferenceservice="{name}",'

        def shown():
            return series in net.request("GET", f"http://{self.admin_address}/metrics").body.decode()

        net.wait_until(shown, 20, f"the watch shows {namespace}/{name}")

    def records(self):
        """All whole records of the audit log, in order."""
        records = []
        for file in self.audit_folder.glob("*.jsonl"):
            for line in file.read_bytes().split(b"\n")[:-1]:
                records.append(json.loads(line))
        return sorted(records, key=lambda record: record["seq"])

    def verify(self):
        """(exit code, text) of `canaryd audit verify` on the log."""
        done = subprocess.run([self.binary, "audit", "verify", self.audit_folder], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False)
        return done.returncode, done.stdout

    def stop(self):
        """Ends it. What it has recorded fits the schema, unless a test spoiled it (`records_fit = False`)."""
        self.process.stop()
        if self.records_fit:
            audit_schema.check(self.audit_folder)
