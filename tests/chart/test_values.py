"""values.yaml and values.schema.json: each key explained, each known, no other taken; and `config` knows exactly the keys of
docs/configuration.md."""
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
# Defaults for which null stands as well.
EMPTY = ('""', "[]", "{}")


def explained():
    """(key, default, description) of each value."""
    return runpy.run_path(str(SOURCE / "scripts/chart-files"))["values"]((CHART / "values.yaml").read_text())


def groups():
    """The keys that hold others."""
    return {key.rsplit(".", depth)[0] for key, _, _ in explained() for depth in range(1, key.count(".") + 1)}


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
        for key, _, description in explained():
            self.assertTrue(description, key)
        leaves = {key for key, _, _ in explained()}
        known = {path for path, _ in keys(SCHEMA) if "[]" not in path}
        # What is inside a value that is explained as a whole.
        inside = {path for path in known if any(path.startswith(leaf + ".") for leaf in leaves)}
        self.assertEqual(leaves | groups(), known - inside)

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

    def test_null_is_refused_where_a_template_would_miss_the_default(self):
        """Helm takes the key away, so that the schema sees none."""
        required = {(f"{path}." if path else "") + key
                    for path, schema in objects_in(SCHEMA) if "[]" not in path for key in schema.get("required", ())}
        filled = {key for key, default, _ in explained() if default not in EMPTY}
        self.assertEqual(required, filled | groups())

    def test_null_is_the_same_as_an_empty_default(self):
        set_in_plain = ("image.repository", "tls.existingSecret", "audit.signing.existingSecret")
        nulls = {key: None for key, default, _ in explained() if default in EMPTY and key not in set_in_plain}
        self.assertGreater(len(nulls), 40)
        routed = {"alertmanagerConfig.mode": "always"}
        self.assertEqual(helm.template(PLAIN, {**nulls, **routed}).stdout, helm.template(PLAIN, routed).stdout)

    def test_it_works_as_part_of_another_chart(self):
        """Helm gives `global` to every part."""
        for file in CI:
            helm.template(file, {"global": {"anything": 1}})


if __name__ == "__main__":
    unittest.main()
