"""What canaryd ships for prometheus-operator is accepted by its own CRDs on a real kube-apiserver, and a Prometheus that
is given the rules as the API server hands them out loads the same rules as from the file."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from lab import crd
from lab.cluster import SOURCE, Cluster, tools
from lab.prometheus import Prometheus

API = "/apis/monitoring.coreos.com/v1"
YAML = {"Content-Type": "application/yaml"}
NAMESPACE = "rules"
DEFINITIONS = list(crd.monitoring())


def printed(*words):
    done = subprocess.run([os.environ["CANARYD"], "rules", "print", *words], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, check=True, text=True)
    return done.stdout


def choices():
    """Every file alone, every source with the alerts, and all."""
    rules = SOURCE / "rules"
    sources = sorted(rules.glob("sources/*.yaml"))
    yield []
    yield from (["--source", file.stem] for file in sources)
    yield from ([str(file.relative_to(rules))] for file in [*sorted(rules.glob("*.yaml")), *sources])


def documents(text):
    """(kind, text) of each YAML document; those without a kind are no Kubernetes objects."""
    for document in re.split(r"^---$", text, flags=re.M):
        kind = re.search(r"^kind: (\w+)$", document, re.M)
        if kind:
            yield kind.group(1), document


def what_is_loaded(prometheus):
    """The groups as Prometheus understood them, without what it measured."""
    groups = []
    for group in prometheus._get("rules")["groups"]:
        rules = [{key: rule[key] for key in ("name", "query", "duration", "labels", "annotations", "type") if key in rule}
                 for rule in group["rules"]]
        groups.append((group["name"], group["interval"], rules))
    return sorted(groups, key=lambda group: group[0])


@unittest.skipUnless(len(DEFINITIONS) == 3, "CANARYD_CRDS names no folder with prometheus-operator's CRDs; one of our own "
                                            "would prove nothing about theirs")
class ObjectsOfPrometheusOperator(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster(crds=False)
        cls.addClassCleanup(cls.cluster.stop)
        cls.cluster.apply_crds(DEFINITIONS, [f"{API}/{name.split('.')[0]}" for name, _, _ in DEFINITIONS])
        cls.cluster.create_namespace(NAMESPACE)

    def create(self, text, plural="prometheusrules", namespace=NAMESPACE, options="&dryRun=All"):
        return self.cluster.request("POST", f"{API}/namespaces/{namespace}/{plural}?fieldValidation=Strict{options}", text,
                                    YAML)

    def assert_refused(self, pattern, replacement, status, words):
        """All rules, with the first text that matches `pattern` (by lines) replaced."""
        spoiled, count = re.subn(pattern, replacement, printed("--format", "prometheusrule"), count=1, flags=re.M)
        self.assertEqual(count, 1, f"nothing matches {pattern}")
        answer = self.create(spoiled)
        self.assertEqual(answer.status, status, answer)
        self.assertIn(words, answer.json()["message"])

    def test_every_choice_of_rules_is_accepted_and_kept_as_it_is(self):
        for number, words in enumerate(choices()):
            with self.subTest(words):
                name = f"rules-{number}"
                text = printed("--format", "prometheusrule", "--namespace", NAMESPACE, "--name", name, "--label",
                               "release=1.0", *words)
                tried = self.create(text)
                self.assertEqual(tried.status, 201, tried)
                created = self.create(text, options="")
                self.assertEqual(created.status, 201, created)
                kept = self.cluster.request("GET", f"{API}/namespaces/{NAMESPACE}/prometheusrules/{name}").json()
                self.assertEqual(kept["metadata"]["labels"], {"release": "1.0"})
                self.assertEqual(kept["spec"], tried.json()["spec"])
                self.assertEqual(kept["spec"], created.json()["spec"])
                self.assertEqual([group["name"] for group in kept["spec"]["groups"]],
                                 re.findall(r"^  - name: (\S+)$", printed(*words), re.M))

    def test_a_prometheus_loads_from_the_object_what_it_loads_from_the_file(self):
        answer = self.create(printed("--format", "prometheusrule"))
        self.assertEqual(answer.status, 201, answer)
        with tempfile.TemporaryDirectory(prefix="canaryd-rules-") as folder:
            folder = pathlib.Path(folder)
            loaded = {}
            for source, text in (("file", printed()), ("object", json.dumps(answer.json()["spec"]))):
                file = folder / f"{source}.yaml"
                file.write_text(text)
                prometheus = Prometheus(tools(), folder / source, "", rules=[file])
                self.addCleanup(prometheus.stop)
                loaded[source] = what_is_loaded(prometheus)
                prometheus.stop()
        self.assertGreater(sum(len(rules) for _, _, rules in loaded["file"]), 10)
        self.assertEqual(loaded["object"], loaded["file"])

    def test_a_spoiled_object_is_refused(self):
        self.assertEqual(self.create(printed("--format", "prometheusrule")).status, 201)
        self.assert_refused(r"^( +for): \S+$", r"\1: 2 minutes", 422, ".for: Invalid value")
        self.assert_refused(r"^      interval: \S+$", "      intervall: 5s", 400, 'unknown field "spec.groups[0].intervall"')
        self.assert_refused(r"^    - name: (\S+)$", r"    - name: \1\n    - name: \1", 422, "Duplicate value")
        self.assert_refused(r"^spec:$", "specs:", 400, 'unknown field "specs"')

    def test_every_monitor_is_accepted(self):
        seen = []
        for file in sorted((SOURCE / "rules/scrape").glob("*.yaml")):
            for kind, text in documents(printed(f"scrape/{file.name}")):
                with self.subTest(f"{file.name}: {kind}"):
                    namespace = re.search(r"^  namespace: (\S+)$", text, re.M).group(1)
                    self.cluster.create_namespace(namespace)
                    for options in ("&dryRun=All", ""):
                        answer = self.create(text, kind.lower() + "s", namespace, options)
                        self.assertEqual(answer.status, 201, answer)
                    seen.append(answer.json()["kind"])
                    spoiled = self.create(text.replace("interval:", "intervall:", 1), kind.lower() + "s", namespace)
                    self.assertEqual(spoiled.status, 400, spoiled)
                    self.assertIn("unknown field", spoiled.json()["message"])
        self.assertIn("PodMonitor", seen)


if __name__ == "__main__":
    unittest.main()
