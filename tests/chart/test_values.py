"""values.yaml and values.schema.json: each key explained, each known, everything else refused with a message that names
it; and `config` knows exactly the keys of docs/configuration.md."""
import json
import re
import runpy
import unittest

from chart import helm
from chart.helm import CHART, CI, PLAIN, SOURCE

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
# What the chart sets itself.
NOT_IN_VALUES = {"instance", "stop_file", "audit", "audit.directory", "audit.key_files", "server", "admin", "cluster",
                 "state"}
# Objects of Kubernetes and maps of names.
OPEN = {"affinity", "resources", "podSecurityContext", "securityContext", "topologySpreadConstraints[]", "tolerations[]",
        "extraEnv[]", "extraVolumes[]", "extraVolumeMounts[]", "extraObjects[]", "imagePullSecrets[]", "global",
        "networkPolicy.alertmanager[]", "networkPolicy.prometheus[]", "networkPolicy.clients[]", "networkPolicy.dns[]",
        "networkPolicy.extraIngress[]", "networkPolicy.extraEgress[]"}

SECRET = {"name": "a", "key": "b"}
# (values, what the message must hold)
REFUSED = [
    ({"replica": 2}, "'replica'"),
    ({"image.repo": "a"}, ["/image", "'repo'"]),
    ({"config.max_rollbacks": 2}, ["/config", "'max_rollbacks'"]),
    ({"config.server": {}}, ["/config", "'server'"]),
    ({"config.audit.directory": "/data"}, ["/config/audit", "'directory'"]),
    ({"config.policies": [{"name": "a", "promotoin": {}}]}, ["/config/policies/0", "'promotoin'"]),
    ({"config.policies": [{"name": "a", "thresholds": {"error_ratio": 5}}]}, "/config/policies/0/thresholds/error_ratio"),
    ({"config.policies": [{"name": "a", "thresholds": {"error_ratio": True}}]}, "/config/policies/0/thresholds/error_ratio"),
    ({"config.policies": [{"name": "a", "promotion": {"dwell": "10"}}]}, "/config/policies/0/promotion/dwell"),
    ({"config.policies": [{"name": "a", "promotion": {"freeze": [{"days": ["monday"]}]}}]}, "/freeze/0/days/0"),
    ({"config.policies": [{"mode": "observe"}]}, ["/config/policies/0", "'name'"]),
    ({"config.alerts": [{"matchers": []}]}, "/config/alerts/0"),
    ({"config.alerts": [{"matchers": ["a=b"], "action": "rolback"}]}, "/config/alerts/0/action"),
    ({"config.log.level": "trace"}, "/config/log/level"),
    ({"config.audit.max_size": "1GB"}, "/config/audit/max_size"),
    ({"config.prometheus.url": "prometheus:9090"}, "/config/prometheus/url"),
    ({"replicas": "2"}, "/replicas"),
    ({"replicas": 0}, "/replicas"),
    ({"namespaces": ["ML"]}, "/namespaces/0"),
    ({"namespaces": "ml"}, "/namespaces"),
    ({"tls.source": "self-signed"}, "/tls/source"),
    ({"tls.existingSecret": "Not_A_Name"}, "/tls/existingSecret"),
    ({"tls.generated.days": 0}, "/tls/generated/days"),
    ({"clients.tokens": [{"name": "a", "role": "admin"}]}, "/clients/tokens/0/role"),
    ({"clients.tokens": [{"name": "a/b", "role": "view"}]}, "/clients/tokens/0/name"),
    ({"clients.tokens": [{"name": "a", "role": "view", "existingSecret": "b"}]}, "/clients/tokens/0/existingSecret"),
    ({"clients.tokens": [{"name": "a", "role": "view", "token": "b"}]}, ["/clients/tokens/0", "'token'"]),
    ({"clients.certificates": [{"name": "a", "role": "alert", "san": "alertmanager"}]}, "/clients/certificates/0/san"),
    ({"image.digest": "sha256:12"}, "/image/digest"),
    ({"image.pullPolicy": "always"}, "/image/pullPolicy"),
    ({"admissionPolicy.mode": "on"}, "/admissionPolicy/mode"),
    ({"admissionPolicy.mode": True}, "/admissionPolicy/mode"),
    ({"admissionPolicy.validationActions": ["deny"]}, "/admissionPolicy/validationActions/0"),
    ({"monitoring.sources": ["istio"]}, "/monitoring/sources/0"),
    ({"monitoring.interval": 5}, "/monitoring/interval"),
    ({"monitoring.interval": "1s"}, "/monitoring/interval"),
    ({"networkPolicy.alertmanager": []}, "/networkPolicy/alertmanager"),
    ({"networkPolicy.apiServerCIDRs": ["10.0.0.1"]}, "/networkPolicy/apiServerCIDRs/0"),
    ({"audit.persistence.size": "10GB"}, "/audit/persistence/size"),
    ({"audit.signing.keys": []}, "/audit/signing/keys"),
    ({"server.address": "localhost"}, "/server/address"),
    ({"commonLabels.a": 1}, "/commonLabels/a"),
    ({"commonLabels": {"app.kubernetes.io/name": "models"}}, "/commonLabels/app.kubernetes.io~1name"),
    ({"podLabels": {"app.kubernetes.io/component": "model"}}, "/podLabels/app.kubernetes.io~1component"),
    ({"podAnnotations.a": True}, "/podAnnotations/a"),
    # Beyond the schema: together they make no sense.
    ({"image.repository": ""}, "image.repository"),
    ({"tls.existingSecret": ""}, "tls.existingSecret"),
    ({"tls.source": "certManager"}, "tls.certManager.issuerName"),
    ({"clients.tokens": []}, "clients: at least one"),
    ({"clients.tokens": [{"name": "a", "role": "view", "existingSecret": SECRET},
                         {"name": "a", "role": "alert", "existingSecret": SECRET}]}, 'two are named "a"'),
    ({"clients.certificates": [{"name": "a", "role": "alert", "san": "dns:a"}]}, "tls.clientCA.existingSecret"),
    ({"namespaces": ["ml"], "admissionPolicy.mode": "always"}, "admissionPolicy.mode"),
    ({"config.audit": {"witness": {"configmap": "canaryd-config"}}}, "config.audit.witness.configmap"),
    ({"config.audit": {"witness": {"configmap": "canaryd-stop"}}}, "config.audit.witness.configmap"),
    ({"config.policies": [{"name": "ml", "promotion": {"enabled": True}}]}, "config.prometheus.url"),
    ({"config.alerts": [{"matchers": ["CanaryDown"], "action": "hold"}], "alertmanagerConfig.mode": "always"}, "config.alerts"),
    # Without a cluster no secret is made: it would be another one with each sync.
    ({"tls.source": "generated"}, ["tls.source", "cert-manager", "existingSecret"]),
    ({"clients.tokens": [{"name": "prod", "role": "alert"}]}, ["clients.tokens", '"prod"', "existingSecret"]),
    ({"audit.signing.existingSecret": ""}, ["audit.signing.existingSecret", "generate=false"]),
]


def keys(schema, path=""):
    """The path of each key, as docs/configuration.md writes it: a.b, a[].c."""
    schema = SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    if schema.get("type") == "array":
        yield from keys(schema["items"], path + "[]")
    for name, inner in schema.get("properties", {}).items():
        own = f"{path}.{name}" if path else name
        yield own, inner
        yield from keys(inner, own)


def objects_in(schema, path=""):
    if schema.get("type") == "object" or "object" in schema.get("type", ()):
        yield path, schema
    for _, inner in [("", schema["items"])] if "items" in schema else []:
        yield from objects_in(inner, path + "[]")
    for name, inner in schema.get("properties", {}).items():
        yield from objects_in(inner, f"{path}.{name}" if path else name)


class Values(unittest.TestCase):
    def test_each_key_is_explained_and_known(self):
        script = runpy.run_path(str(SOURCE / "scripts/chart-files"))
        explained = script["values"]((CHART / "values.yaml").read_text())
        for key, _, description in explained:
            self.assertTrue(description, key)
        leaves = {key for key, _, _ in explained}
        groups = {key.rsplit(".", depth)[0] for key in leaves for depth in range(1, key.count(".") + 1)}
        known = {path for path, _ in keys(SCHEMA) if "[]" not in path}
        # What is inside a value that is explained as a whole.
        inside = {path for path in known if any(path.startswith(leaf + ".") for leaf in leaves)}
        self.assertEqual(leaves | groups, known - inside)

    def test_config_has_exactly_the_keys_of_the_documentation(self):
        text = (SOURCE / "docs/configuration.md").read_text()
        documented = re.findall(r"^\| `([a-z_.\[\]]+)` \|.*\| *(?:reload|restart)? *\|", text, re.M)
        documented = {key for key in documented if key.split(".")[0] not in NOT_IN_VALUES or key.startswith("audit")}
        documented -= NOT_IN_VALUES
        ours = {path for path, _ in keys(SCHEMA["properties"]["config"])} - {"audit"}
        # The table has no line for maps that stand for themselves.
        self.assertEqual(ours, documented)

    def test_nothing_unknown_passes_but_what_belongs_to_kubernetes(self):
        for path, schema in objects_in(SCHEMA):
            closed = schema.get("additionalProperties")
            if closed is False or closed == {"type": "string"}:
                continue
            self.assertIn(path, OPEN)

    def test_what_is_wrong_is_named(self):
        base = PLAIN
        for changes, words in REFUSED:
            with self.subTest(changes):
                done = helm.template(base, changes, check=False)
                self.assertNotEqual(done.returncode, 0)
                for word in [words] if isinstance(words, str) else words:
                    self.assertIn(word, done.stderr)

    def test_several_mistakes_are_told_at_once(self):
        done = helm.run("template", "canaryd", CHART, check=False)
        for word in ("image.repository", "tls.source", 'the token of "alertmanager"', 'the token of "view"', "audit.signing"):
            self.assertIn(word, done.stderr)

    def test_it_works_as_part_of_another_chart(self):
        """Helm gives `global` to every part."""
        for file in CI:
            helm.template(file, {"global": {"anything": 1}})


if __name__ == "__main__":
    unittest.main()
