"""The files of examples/: each is taken by whoever it is for. README.md there says the same of them."""
import functools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from chart import helm
from chart import test_alertmanagerconfig as operator
from chart.helm import SOURCE
from chart.installed import Installed
from lab import crd
from lab.cluster import tools
from lab.sandbox import ISVC, MERGE_PATCH, Sandbox

EXAMPLES = SOURCE / "examples"
OBJECTS = [file for folder in ("quickstart", "model-metrics", "mtls", "gitops")
           for file in sorted((EXAMPLES / folder).glob("*.yaml")) if not file.name.endswith("-values.yaml")]
VALUES = sorted(EXAMPLES.glob("*/canaryd-values.yaml"))
STRICT = "?dryRun=All&fieldValidation=Strict"
# Their CRDs are not at hand, so that these are read as YAML only.
ONLY_READ = {"Application", "GitRepository", "Kustomization", "Issuer"}
CERTIFICATES = ("certificates.cert-manager.io", "cert-manager.io_certificates.yaml", "/apis/cert-manager.io/v1/certificates")
MONITORING = [(f"{plural}.monitoring.coreos.com", f"monitoring.coreos.com_{plural}.yaml",
               f"/apis/monitoring.coreos.com/{version}/{plural}")
              for plural, version in (("podmonitors", "v1"), ("servicemonitors", "v1"), ("prometheusrules", "v1"),
                                      ("alertmanagerconfigs", "v1alpha1"))]


def setUpModule():
    folder = os.environ.get("CANARYD_CRDS")
    if not folder:
        raise AssertionError("CANARYD_CRDS must name the folder of the real CRDs: ones of our own would prove nothing")
    global cluster
    cluster = Installed(namespaces=("ml", "kserve-test", "monitoring"))
    unittest.addModuleCleanup(cluster.stop)
    theirs = [CERTIFICATES, *MONITORING]
    cluster.apply_crds([(name, "application/yaml", crd._without_conversion((pathlib.Path(folder) / file).read_text()))
                        for name, file, _ in theirs], [path for _, _, path in theirs])


@functools.cache
def rendered(values):
    """What `helm install` would make, by a helm that sees the cluster: secrets are made as there."""
    text = cluster.by_helm("template", helm.RELEASE, helm.CHART, "--values", values, "--dry-run=server").stdout
    return helm.read_yaml(text)


def run(program, *arguments):
    """(exit code, all that it printed)."""
    done = subprocess.run([program, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="canaryd-examples-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def write(self, name, text):
        (self.folder / name).write_text(text)
        return self.folder / name

    def configuration(self, found):
        return self.write("canaryd.yaml", helm.configuration(found))


class Objects(unittest.TestCase):
    def create(self, thing):
        answer = cluster.request("POST", cluster.collection(thing, "canaryd") + STRICT, thing)
        self.assertEqual(answer.status, 201, answer)
        self.assertNotIn("Warning", answer.headers)

    def test_each_is_accepted_by_the_api_server(self):
        only_read, kinds = set(), set()
        for file in OBJECTS:
            found = helm.read_yaml(file.read_text())
            self.assertTrue(found, file)
            for thing in found:
                with self.subTest(f"{file.parent.name}/{file.name}: {thing['kind']}"):
                    kinds.add(thing["kind"])
                    if thing["kind"] in ONLY_READ:
                        only_read.add(thing["kind"])
                    else:
                        self.create(thing)
        self.assertEqual(only_read, ONLY_READ)
        self.assertEqual(kinds - ONLY_READ, {"InferenceService", "PodMonitor", "Certificate"})

    def test_an_unknown_field_would_be_refused(self):
        for name in ("quickstart/iris-v2.yaml", "model-metrics/podmonitor.yaml"):
            thing = helm.read_yaml((EXAMPLES / name).read_text())[0]
            thing["spec"]["unknownField"] = True
            with self.assertRaisesRegex(AssertionError, "unknownField"):
                self.create(thing)

    def test_what_the_chart_makes_of_each_values_file_is_accepted(self):
        self.assertEqual(len(VALUES), 6)
        for file in VALUES:
            for thing in rendered(file):
                with self.subTest(f"{file.parent.name}: {thing['kind']} {thing['metadata']['name']}"):
                    self.create(thing)

    def test_the_monitor_takes_what_the_shipped_one_takes(self):
        ours, shipped = (helm.read_yaml(file.read_text())[0]["spec"] for file in (
            EXAMPLES / "model-metrics/podmonitor.yaml", SOURCE / "rules/scrape/model-servers.yaml"))
        (endpoint,), (their,) = ours["podMetricsEndpoints"], shipped["podMetricsEndpoints"]
        self.assertEqual({**endpoint, "path": their["path"]}, their)
        del shipped["namespaceSelector"]
        self.assertEqual({**ours, "podMetricsEndpoints": [their]}, shipped)


class Configurations(Folder):
    def check_route(self, file, found, replicas=1):
        """The codes of what `canaryd route check` finds in a file; no error is among them."""
        code, text = run(os.environ["CANARYD"], "route", "check", file, "--config", self.configuration(found),
                         "--replicas", replicas, "--output", "json")
        self.assertEqual(code, 0, text)
        return {finding["code"] for finding in json.loads(text)["findings"]}

    def check_amtool(self, file):
        code, text = run(tools() / "amtool", "check-config", file)
        self.assertEqual(code, 0, text)

    def test_canaryd_takes_what_the_chart_makes_of_each_values_file(self):
        for file in VALUES:
            with self.subTest(file.parent.name):
                code, text = run(os.environ["CANARYD"], "check-config", self.configuration(rendered(file)))
                self.assertEqual(code, 0, text)

    def test_canaryd_takes_the_values_of_docs_trying(self):
        blocks = re.findall(r"^```yaml\n(.*?)^```$", (SOURCE / "docs/trying.md").read_text(), re.M | re.S)
        self.assertEqual(len(blocks), 5)
        for number, block in enumerate(blocks):
            with self.subTest(block):
                file = self.write(f"{number}.yaml", "image: {repository: registry.example.com/canaryd}\n" + block)
                code, text = run(os.environ["CANARYD"], "check-config", self.configuration(rendered(file)))
                self.assertEqual(code, 0, text)

    def test_the_plain_alertmanager(self):
        file = EXAMPLES / "plain-prometheus/alertmanager.yaml"
        self.check_amtool(file)
        found = rendered(EXAMPLES / "plain-prometheus/canaryd-values.yaml")
        self.assertEqual(self.check_route(file, found), set())
        code, printed = run(os.environ["CANARYD"], "route", "print", "--config", self.configuration(found))
        self.assertEqual(code, 0, printed)
        ours, theirs = (helm.read_yaml(text)[0]["route"]["routes"] for text in (file.read_text(), printed))
        self.assertEqual(ours[:len(theirs) - 1], theirs[:-1])

    def test_the_plain_prometheus(self):
        """Debian's promtool knows no scrape_config_files: the jobs are put in their place, as the file says. It is built
        without Kubernetes, too: what it cannot read is left out."""
        text = (EXAMPLES / "plain-prometheus/prometheus.yaml").read_text()
        for name, *words in (("rules.yaml", "rules", "print"), ("scrapes.yaml", "rules", "print", "scrape/prometheus.yaml")):
            self.assertIn(f"canaryd {' '.join(words)} ", text)
            code, printed = run(os.environ["CANARYD"], *words)
            self.assertEqual(code, 0, printed)
            self.write(name, printed)
        text = text.replace("/etc/prometheus/canaryd", str(self.folder))
        jobs = re.sub(r"kubernetes_sd_configs: .*", "static_configs: []", (self.folder / "scrapes.yaml").read_text())
        text, count = re.subn(r"^scrape_config_files: .*$", lambda _: jobs, text, flags=re.M)
        self.assertEqual(count, 1)
        code, said = run(tools() / "promtool", "check", "config", self.write("prometheus.yaml", text))
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"SUCCESS: \d+ rules found")

    def test_the_stacks_alertmanager_sends_every_alert_on(self):
        stack = helm.read_yaml((EXAMPLES / "kube-prometheus-stack/stack-values.yaml").read_text())[0]["alertmanager"]
        found = rendered(EXAMPLES / "kube-prometheus-stack/canaryd-values.yaml")
        ours = helm.one(found, "AlertmanagerConfig")
        made = operator.by_the_operator(ours, stack["alertmanagerSpec"]["alertmanagerConfigMatcherStrategy"]["type"])
        config = stack["config"]
        config["receivers"] += [r for r in made["receivers"] if r["name"] != "people"]
        config["route"]["routes"].insert(0, made["route"]["routes"][0])
        file = self.write("alertmanager.yml", json.dumps(config))
        self.check_amtool(file)
        self.assertEqual(self.check_route(file, found), set())
        del config["route"]["routes"][1]
        self.write("alertmanager.yml", json.dumps(config))
        self.assertEqual(self.check_route(file, found), {"heartbeat_told", "advance_told"})

    def test_two_replicas_are_two_receiver_entries(self):
        found = rendered(EXAMPLES / "two-replicas/canaryd-values.yaml")
        made = operator.by_the_operator(helm.one(found, "AlertmanagerConfig"), "None")
        file = self.write("alertmanager.yml", json.dumps(made))
        self.check_amtool(file)
        self.assertLessEqual(self.check_route(file, found, 2), {"heartbeat_told", "advance_told"})
        self.assertIn("few_urls", self.check_route(file, found, 3))

    def test_the_certificate_of_alertmanager_is_the_one_that_is_listed(self):
        issued = {thing["metadata"]["name"]: thing["spec"] for thing in helm.read_yaml(
            (EXAMPLES / "mtls/certificates.yaml").read_text()) if thing["kind"] == "Certificate"}
        values = helm.read_yaml((EXAMPLES / "mtls/canaryd-values.yaml").read_text())[0]
        self.assertEqual([client["san"] for client in values["clients"]["certificates"]],
                         [f"dns:{name}" for name in issued["alertmanager"]["dnsNames"]])
        self.assertEqual(issued["alertmanager"]["secretName"],
                         values["alertmanagerConfig"]["credentials"]["clientCertificateSecret"])


class Git:
    """Applies the commits of examples/gitops to a sandbox, as a tool does: what the last commit had and this one has not is
    removed. canaryd's part is played by writes of its field manager."""

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.last = None

    def sync(self, name, ignored=()):
        """`ignored`: fields that the tool leaves as they are."""
        thing = helm.read_yaml((EXAMPLES / f"gitops/{name}.yaml").read_text())[0]
        where = ISVC.format(thing["metadata"]["namespace"], thing["metadata"]["name"])
        predictor = thing["spec"]["predictor"]
        if self.last is None:
            self.sandbox._must("POST", where.rsplit("/", 1)[0], thing)
        else:
            gone = dict.fromkeys(set(self.last) - set(predictor))
            change = {key: value for key, value in {**predictor, **gone}.items() if key not in ignored}
            patch = {"spec": {"predictor": change}}
            self.sandbox._must("PATCH", where + "?fieldManager=argocd-controller", patch, MERGE_PATCH)
        self.last = predictor

    def canaryd(self, percent):
        self.sandbox.percent("ml", "iris", percent, manager="canaryd/canaryd-0")

    def wait(self, expected):
        """Until the revisions, by number, have these shares."""
        self.sandbox.wait_traffic("ml", "iris", {f"iris-predictor-0000{number}": share for number, share in expected.items()})


class Flows(unittest.TestCase):
    def setUp(self):
        self.sandbox = Sandbox(scenario={"services": []})
        self.addCleanup(self.sandbox.stop)
        self.git = Git(self.sandbox)
        self.git.sync("1-stable")
        self.git.wait({1: 100})

    def release(self):
        self.git.sync("2-release")
        self.git.wait({2: 5, 1: 95})

    def promote(self):
        for percent in (50, 100, None):
            self.git.canaryd(percent)
        self.git.wait({2: 100})

    def test_a_promotion_is_finished_when_git_has_dropped_the_percent(self):
        self.release()
        self.promote()
        before = self.sandbox.service("ml", "iris")["metadata"]["generation"]
        self.git.sync("3-promoted")
        self.git.wait({2: 100})
        self.assertEqual(self.sandbox.service("ml", "iris")["metadata"]["generation"], before, "the sync changed something")

    def test_a_percent_that_git_still_has_takes_the_stable_model_back(self):
        self.release()
        self.promote()
        self.git.sync("2-release")
        self.git.wait({2: 5, 1: 95})

    def test_a_sync_meanwhile_undoes_a_rollback(self):
        self.release()
        self.git.canaryd(0)
        self.git.wait({2: 0, 1: 100})
        self.git.sync("2-release")
        self.git.wait({2: 5, 1: 95})

    def test_where_the_percent_is_ignored_the_next_model_gets_all_traffic_or_none(self):
        self.release()
        self.promote()
        self.git.sync("4-after-a-rollback", ignored=["canaryTrafficPercent"])
        self.git.wait({3: 100})
        self.git.canaryd(0)
        self.git.wait({3: 0, 2: 100})
        self.git.sync("2-release", ignored=["canaryTrafficPercent"])
        self.git.wait({4: 0, 2: 100})

    def test_after_a_rollback_the_mended_model_comes_at_0_and_is_raised(self):
        self.release()
        self.git.canaryd(0)
        self.git.wait({2: 0, 1: 100})
        self.git.sync("4-after-a-rollback")
        self.git.wait({3: 0, 1: 100})
        self.git.canaryd(5)
        self.git.wait({3: 5, 1: 95})


KUBECTL = """#!{python}
import json, sys, urllib.request
flags = dict(word.split("=", 1) for word in sys.argv if word.startswith("--"))
words = [word for word in sys.argv[1:] if not word.startswith("--")]
_, namespace, _, _, name, _, patch = words
assert words == ["-n", namespace, "patch", "inferenceservice", name, "-p", patch], words
url = f"{url}/apis/serving.kserve.io/v1beta1/namespaces/{{namespace}}/inferenceservices/{{name}}?fieldManager=kubectl-patch"
kind = {{"merge": "application/merge-patch+json", "json": "application/json-patch+json"}}[flags["--type"]]
urllib.request.urlopen(urllib.request.Request(url, patch.encode(), {{"Content-Type": kind}}, method="PATCH")).close()
"""


class ByHand(Folder):
    def setUp(self):
        super().setUp()
        self.sandbox = Sandbox(scenario={"services": [{"namespace": "ml", "name": "iris", "canary": {"percent": 5}},
                                                      {"namespace": "ml", "name": "wine"}]})
        self.addCleanup(self.sandbox.stop)
        self.write("kubectl", KUBECTL.format(python=sys.executable, url=self.sandbox.url)).chmod(0o755)

    def rollout(self, name, check):
        environment = {**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}", "WAIT": "0.2", "CHECK": check}
        return subprocess.run([EXAMPLES / "by-hand/rollout.sh", "ml", name], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, check=False)

    def test_goes_to_the_end_while_the_check_passes(self):
        done = self.rollout("iris", "true")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(re.findall(r": (\d+) %", done.stdout), ["10", "25", "50", "100"])
        self.sandbox.wait_traffic("ml", "iris", {"iris-predictor-00002": 100})
        self.assertNotIn("canaryTrafficPercent", self.sandbox.service("ml", "iris")["spec"]["predictor"])

    def test_goes_back_to_0_when_the_check_fails(self):
        done = self.rollout("iris", f'echo "$1/$2" >> {self.folder}/asked; test $(wc -l < {self.folder}/asked) -lt 3')
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertEqual(re.findall(r": (\d+) %", done.stdout), ["10", "25", "50", "0"])
        self.assertEqual((self.folder / "asked").read_text(), "ml/iris\n" * 3)
        self.sandbox.wait_traffic("ml", "iris", {"iris-predictor-00002": 0, "iris-predictor-00001": 100})

    def test_takes_the_stable_model_back_where_no_canary_is_in_flight(self):
        self.assertEqual(self.rollout("iris", "true").returncode, 0)
        self.sandbox.wait_traffic("ml", "iris", {"iris-predictor-00002": 100})
        self.assertEqual(self.rollout("iris", "false").returncode, 1)
        self.sandbox.wait_traffic("ml", "iris", {"iris-predictor-00002": 0, "iris-predictor-00001": 100})


class Readme(unittest.TestCase):
    def test_names_each_folder_and_each_file_that_is_there(self):
        text = (EXAMPLES / "README.md").read_text()
        for folder in sorted(path for path in EXAMPLES.iterdir() if path.is_dir()):
            self.assertIn(f"\n## {folder.name}\n", text)
        named = set(re.findall(r"examples/([\w-]+/[\w.-]+)", text))
        self.assertEqual([name for name in named if not (EXAMPLES / name).is_file()], [])


if __name__ == "__main__":
    unittest.main()
