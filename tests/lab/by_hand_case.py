"""What the tests of a person's commands share: a daemon whose clients are people, and a service for each test."""
import json
import os
import signal
import subprocess

from lab import daemon_case as case
from lab import net
from lab.daemon_case import DaemonCase, Serve

POLICY = "policies:\n  - name: default\n    promotion:\n      dwell: 1h\nbreaker: {max_rollbacks: 1000}\n"
TOKENS = {"alice": ("operate", ""), "bob": ("view", ""), "carol": ("operate", "        namespaces: [other]\n")}
# What keeps a canary of a test that has just begun: nobody waits for these.
YOUNG = ("dwell", "warming_up", "gate_unknown")


class ByHand(DaemonCase):
    """One daemon a class; each test has a service of its own, KServe's part played by the test."""

    policy = POLICY

    @classmethod
    def cluster(cls):
        """The address of the API server, as the daemon has it."""
        return case.SANDBOX.url

    @classmethod
    def setUpClass(cls):
        cls.daemon = Serve(cls.cluster(), cls.policy).ready()
        cls.addClassCleanup(cls.daemon.stop)
        cls.url = f"https://127.0.0.1:{cls.daemon.port}"
        clients = ""
        for name, (role, more) in TOKENS.items():
            file = cls.daemon.folder / name
            file.write_text(f"the-secret-of-{name}\n")
            clients += f"      - name: {name}\n        role: {role}\n        file: {file}\n{more}"
        cls.daemon.change("admin:\n", clients + "admin:\n")
        done = cls.daemon.log().count("configuration_reloaded")
        os.kill(cls.daemon.pid, signal.SIGHUP)
        net.wait_until(lambda: cls.daemon.log().count("configuration_reloaded") > done, 20, "the reload")

    def setUp(self):
        self.service = self.canary(10)
        self.target = f"ml/{self.service.name}"
        self.wait_in_flight()

    def tearDown(self):
        self.assert_verifies(self.daemon)

    def wait_in_flight(self):
        series = f'canaryd_rollout_revision{{namespace="ml",inferenceservice="{self.service.name}",'
        net.wait_until(lambda: series in self.daemon.admin("/metrics").body.decode(), 20, "the watch shows the canary")

    def run_command(self, *words, token="alice"):
        """(exit code, stdout, stderr) of a command that asks the daemon."""
        environment = {**os.environ, "CANARYD_SERVER": self.url, "CANARYD_CA": str(case.PKI.ca_file),
                       "CANARYD_TOKEN_FILE": str(self.daemon.folder / token)}
        done = subprocess.run([os.environ["CANARYD"], *words], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def do(self, *words, **more):
        """Does something that has to succeed; returns its records."""
        code, out, err = self.run_command(*words, **more)
        self.assertEqual((code, err), (0, ""), out)
        return self.records_of(out.splitlines()[-1].removeprefix("record "))

    def held(self, reason, *words, **more):
        """Does something that has to be held or refused for a reason (None: any); returns its record."""
        code, out, err = self.run_command(*words, **more)
        self.assertEqual((code, out), (1, ""), err)
        self.assertRegex(err, rf"\({reason or '[a-z_]+'}, record ")
        (record,) = self.records_of(err.split(", record ")[-1].strip().rstrip(")"))
        self.assertEqual(record["reason"], reason or record["reason"])
        return record

    def records_of(self, number):
        found = [record for record in self.daemon.records() if record["id"] == number]
        self.assertTrue(found, f"no record {number}")
        return found

    def post(self, path, body, token="alice", **headers):
        secret = (self.daemon.folder / token).read_text().strip()
        return net.request("POST", self.url + path, body, {"Authorization": "Bearer " + secret, **headers}, case.CONTEXT)

    def percent(self):
        return self.service.get()["spec"]["predictor"].get("canaryTrafficPercent")

    def state(self):
        """Keys and entries of canaryd-state."""
        for item in case.SANDBOX.request("GET", "/api/v1/configmaps").json()["items"]:
            if item["metadata"]["name"] == "canaryd-state":
                return {key: json.loads(value) for key, value in item.get("data", {}).items()}
        return {}

    def advance(self, *overrides):
        words = ["advance", self.target, "--reason", "it is urgent"]
        for guard in overrides:
            words += ["--override", guard]
        return words

    @staticmethod
    def failed_guards(record):
        return {guard["guard"] for guard in record["guards"] if not guard["passed"]}
