"""The image's process as the chart runs it, in a container that podman starts by runc."""
import pathlib
import re
import statistics
import time
import unittest

from image import built
from image.pod import Pod, Rendered, SecuredApi
from lab import audit_schema, net, notify
from lab.pki import Pki
from lab.sandbox import Sandbox

ZONE = """
server:
  tls: {certificate: /etc/canaryd/tls/tls.crt, key: /etc/canaryd/tls/tls.key}
  clients: {tokens: [{name: a, role: alert, file: /etc/canaryd/tokens/alertmanager}]}
cluster: {in_cluster: true}
audit: {directory: /var/lib/canaryd/audit}
prometheus: {url: "https://prometheus:9090"}
policies:
  - name: a
    promotion: {enabled: true, freeze: [{days: [fri], from: "14:00", until: "18:00", time_zone: ZONE}]}
"""


class AsTheChartRunsIt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.engine, cls.root = built.images().engine, built.images().root
        cls.folder = cls.engine.folder / "pods"
        cls.folder.mkdir()
        cls.pki = Pki(cls.folder / "pki")
        cls.sandbox = Sandbox(program=str(cls.root / "usr/bin/canaryd"))
        cls.addClassCleanup(cls.sandbox.stop)
        address = re.search(r"//(.*):(\d+)", cls.sandbox.url)
        cls.api = SecuredApi((address[1], int(address[2])), *cls.pki.issue("api"))
        cls.addClassCleanup(cls.api.stop)

    def pod(self):
        pod = Pod(self.engine, self.folder / self.id().rsplit(".", 1)[1], self.pki, self.api.port)
        self.addCleanup(lambda: pod.process and pod.process.stop())
        return pod

    def ready_revision(self, name):
        status = self.sandbox.service("ml", name).get("status", {})
        return status.get("components", {}).get("predictor", {}).get("latestReadyRevision")

    def test_the_chart_says_what_is_tried_here(self):
        text = " ".join(Rendered("existing-secrets").text.split())
        for said in ("fsGroup: 65532 ", "runAsGroup: 65532 runAsNonRoot: true runAsUser: 65532 ",
                     "seccompProfile: type: RuntimeDefault",
                     "allowPrivilegeEscalation: false capabilities: drop: - ALL readOnlyRootFilesystem: true",
                     "limits: memory: 256Mi"):
            self.assertIn(said, text)
        self.assertNotIn("command:", text)

    def test_it_rolls_back_and_stops_well(self):
        pod = self.pod().start("rolls-back").wait_ready()
        process = pathlib.Path(f"/proc/{pod.pid}")
        status = dict(re.findall(r"^(\w+):\t(.*)$", (process / "status").read_text(), re.M))
        self.assertEqual(status["Name"], "canaryd")
        self.assertEqual(status["Uid"].split(), ["65532"] * 4)
        self.assertEqual(status["Gid"].split(), ["65532"] * 4)
        for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb"):
            self.assertEqual(int(status[f"Cap{kind}"], 16), 0, kind)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        mounts = (process / "mountinfo").read_text().splitlines()
        writable = {line.split()[4] for line in mounts if line.split()[5].split(",")[0] == "rw"}
        self.assertNotIn("/", writable)
        self.assertEqual({path for path in writable if not path.startswith(("/dev", "/proc", "/sys"))},
                         {"/var/lib/canaryd"})

        before = self.ready_revision("iris")
        self.sandbox.apply("ml", "iris", "tried", percent=20)
        canary = net.wait_until(lambda: self.ready_revision("iris") != before and self.ready_revision("iris"), 30,
                                "the new model is ready")
        net.wait_until(lambda: f'revision="{canary}"' in pod.metrics(), 30, "the watch shows the canary")
        answer = notify.deliver(pod, self.pki.client_context(), [notify.alert("iris", canary)])
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.sandbox.service("ml", "iris")["spec"]["predictor"]["canaryTrafficPercent"], 0)
        reasons = [record.get("reason") for record in pod.records()]
        self.assertIn("rolled_back", reasons)

        self.assertEqual(pod.terminate(), 0, pod.process.log_tail())
        last = pod.records()[-1]
        self.assertEqual((last["kind"], last["event"]), ("lifecycle", "stop"), last)
        audit_schema.check(pod.audit)
        verified = pod.run("audit", "verify", "--key", "/key", "/var/lib/canaryd/audit",
                           more=("--volume", f"{pod.public_key}:/key:ro"))
        self.assertRegex(verified.stdout, r"integrity: +good")
        self.assertRegex(verified.stdout, r"signatures: +good")

    def test_from_start_to_ready(self):
        """From the exec of canaryd in a container that is there already to the first 200, asked each millisecond."""
        taken = []
        pod = self.pod()
        for number in range(5):
            pod.start(f"start-{number}")
            while pathlib.Path(f"/proc/{pod.pid}/comm").read_text() != "canaryd\n":
                time.sleep(0.001)
            began = time.monotonic()
            while not pod.is_ready():
                self.assertLess(time.monotonic() - began, 20)
                time.sleep(0.001)
            taken.append(time.monotonic() - began)
            self.assertEqual(pod.terminate(), 0)
        print(f"  from exec to ready: median {statistics.median(taken) * 1000:.0f} ms, "
              f"slowest {max(taken) * 1000:.0f} ms of {len(taken)}")

    def test_commands_time_zones_and_certificates(self):
        pod = self.pod()
        self.assertRegex(pod.run("version").stdout, r"^canaryd \d+\.\d+\.\d+\n$")
        self.assertEqual(pod.run("check-config", pod.rendered.arguments[-1]).returncode, 0)
        # The zones of the image: one that is there and one that is not.
        config = pod.folder / "zone.yaml"
        for zone, code in (("Europe/Berlin", 0), ("Europe/Atlantis", 1)):
            config.write_text(ZONE.replace("ZONE", zone))
            done = pod.run("check-config", "/zone.yaml", more=("--volume", f"{config}:/zone.yaml:ro"), check=False)
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
            self.assertEqual("Europe/Atlantis" in done.stderr + done.stdout, code == 1)
        # There is nothing else to run.
        for program in ("sh", "/bin/sh", "/usr/bin/dpkg"):
            done = self.engine.call("podman", "run", "--rm", "--network", "host", "--entrypoint", program, pod.image,
                                    check=False)
            self.assertNotEqual(done.returncode, 0)
            self.assertRegex(done.stderr, "not found|no such file")

    def test_without_a_ca_of_its_own_it_believes_the_bundle_of_the_image(self):
        """A cluster whose certificate is of none of the bundle's CAs, and of one of them once ours is added to it."""
        bundle = (self.root / "etc/ssl/certs/ca-certificates.crt").read_bytes()
        for known in (False, True):
            with self.subTest(known=known):
                pod = Pod(self.engine, self.folder / f"bundle-{known}", self.pki, self.api.port)
                file = pod.folder / "bundle.crt"
                file.write_bytes(bundle + (self.pki.ca_file.read_bytes() if known else b""))
                pod.volumes["/etc/ssl/certs/ca-certificates.crt"] = (file, True)
                token = pod.folder / "cluster-token"
                token.write_text("of-the-service-account")
                pod.volumes["/cluster-token"] = (token, True)
                config = pod.volumes["/etc/canaryd/config"][0] / "canaryd.yaml"
                config.write_text(config.read_text().replace(
                    "  in_cluster: true\n", f"  url:\n    address: https://127.0.0.1:{self.api.port}\n"
                                            "    token_file: /cluster-token\n"))
                pod.start(f"bundle-{known}".lower())
                self.addCleanup(pod.process.stop)
                if known:
                    pod.wait_ready()
                else:
                    pod.process.wait_line("certificate", 30)
                    self.assertEqual(net.request("GET", f"{pod.admin}/readyz").status, 503)
                self.assertEqual(pod.terminate(), 0)
