"""CustomResourceDefinitions of our own for tests on a real API server: the fields that canaryd reads and writes, with the
types and list kinds that KServe's and Knative's have. `CANARYD_CRDS` may name a folder with the real ones instead."""
import json
import os
import pathlib

STRING = {"type": "string"}
INTEGER = {"type": "integer", "format": "int64"}
BOOLEAN = {"type": "boolean"}


def _object(properties, **more):
    return {"type": "object", "properties": properties, **more}


def _list(items, **more):
    return {"type": "array", "items": items, **more}


OPEN = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
CONDITIONS = _list(_object({name: STRING for name in (
    "type", "status", "reason", "message", "severity", "lastTransitionTime")}, required=["type", "status"]))
SHARE = _object({"revisionName": STRING, "percent": INTEGER, "tag": STRING, "latestRevision": BOOLEAN, "url": STRING,
                 "configurationName": STRING})


def _component_spec():
    return _object({
        "canaryTrafficPercent": INTEGER, "minReplicas": {"type": "integer", "format": "int32"}, "name": STRING,
        "model": _object({"modelFormat": _object({"name": STRING}), "storageUri": STRING, "protocolVersion": STRING,
                          "runtime": STRING, "env": _list(_object({"name": STRING, "value": STRING}))}),
        "containers": _list(_object({"name": STRING, "image": STRING})),
    })


def _component_status():
    revisions = {name: STRING for name in ("latestCreatedRevision", "latestReadyRevision", "latestRolledoutRevision",
                                           "previousRolledoutRevision", "url")}
    return _object({**revisions, "traffic": _list(SHARE)})


def _crd(group, version, plural, kind, schema):
    return {
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"plural": plural, "singular": kind.lower(), "kind": kind, "listKind": f"{kind}List"},
            "versions": [{"name": version, "served": True, "storage": True, "subresources": {"status": {}},
                          "schema": {"openAPIV3Schema": _object({
                              "apiVersion": STRING, "kind": STRING, "metadata": {"type": "object"}, **schema})}}],
        },
    }


def inference_service():
    component = _component_spec()
    return _crd("serving.kserve.io", "v1beta1", "inferenceservices", "InferenceService", {
        "spec": _object({"predictor": component, "transformer": component, "explainer": component}),
        "status": _object({
            "deploymentMode": STRING, "observedGeneration": INTEGER, "url": STRING, "conditions": CONDITIONS,
            "components": {"type": "object", "additionalProperties": _component_status()}, "modelStatus": OPEN}),
    })


def revision():
    return _crd("serving.knative.dev", "v1", "revisions", "Revision", {
        "spec": OPEN,
        "status": _object({"observedGeneration": INTEGER, "conditions": CONDITIONS}),
    })


def _without_conversion(yaml):
    """The text without the block `spec.conversion`: there is no webhook in a test."""
    kept, inside = [], False
    for line in yaml.splitlines(keepends=True):
        if line.startswith("  conversion:"):
            inside = True
        elif inside and line.strip() and not line.startswith("    "):
            inside = False
        if not inside:
            kept.append(line)
    return "".join(kept)


def definitions():
    """(name, content type, body) of each CRD to create."""
    folder = os.environ.get("CANARYD_CRDS")
    if not folder:
        for crd in (inference_service(), revision()):
            yield crd["metadata"]["name"], "application/json", json.dumps(crd)
        return
    for name, file in (("inferenceservices.serving.kserve.io", "serving.kserve.io_inferenceservices.yaml"),
                       ("revisions.serving.knative.dev", "serving.knative.dev_revisions.yaml")):
        text = (pathlib.Path(folder) / file).read_text()
        yield name, "application/yaml", _without_conversion(text)


MONITORING = "monitoring.coreos.com"


def monitoring():
    """As definitions(), for prometheus-operator's objects. Only the real ones: whether a rule or a monitor is accepted
    is theirs to say, so that there are none of our own. Empty where `CANARYD_CRDS` does not name a folder with them."""
    folder = pathlib.Path(os.environ.get("CANARYD_CRDS") or os.devnull)
    for plural in ("prometheusrules", "podmonitors", "servicemonitors"):
        file = folder / f"{MONITORING}_{plural}.yaml"
        if file.exists():
            yield f"{plural}.{MONITORING}", "application/yaml", file.read_text()
