"""helm for tests, and what it renders as Python objects: helm itself is the reader of YAML, Python has none."""
import base64
import functools
import json
import os
import pathlib
import re
import subprocess
import tempfile

from lab.cluster import SOURCE, _script

CHART = SOURCE / "charts/canaryd"
CI = sorted((CHART / "ci").glob("*-values.yaml"))
PLAIN = CHART / "ci/existing-secrets-values.yaml"
RELEASE, NAMESPACE = "canaryd", "canaryd"

_READER = """{{- range splitList "\\n---\\n" (.Files.Get "in.yaml") }}
---
json: {{ . | fromYaml | toJson | b64enc }}
{{- end }}
"""


@functools.cache
def binary():
    return _script("helm")


def run(*arguments, kubeconfig=os.devnull, check=True):
    """The finished process. Nothing of the user's helm or kubectl is read or written."""
    with tempfile.TemporaryDirectory(prefix="canaryd-helm-") as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "KUBECONFIG": str(kubeconfig)}
        done = subprocess.run([binary(), *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=environment, check=False)
    if check and done.returncode != 0:
        raise AssertionError(f"helm {' '.join(map(str, arguments))}: {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


def values(changes):
    """Arguments for values given as {"a.b[0].c": value}; a value is JSON."""
    return [word for key, value in changes.items() for word in ("--set-json", f"{key}={json.dumps(value)}")]


def template(file, changes=None, *arguments, check=True, namespace=NAMESPACE):
    """`helm template` with a values file, or a list of them."""
    files = file if isinstance(file, list) else [file]
    return run("template", RELEASE, CHART, "--namespace", namespace, *[f"--values={f}" for f in files],
               *values(changes or {}), *arguments, check=check)


def read_yaml(text):
    """The documents of a YAML text that are maps, as Python objects."""
    with tempfile.TemporaryDirectory(prefix="canaryd-yaml-") as folder:
        chart = pathlib.Path(folder)
        (chart / "templates").mkdir()
        (chart / "Chart.yaml").write_text("{apiVersion: v2, name: reader, version: 0.0.0}\n")
        (chart / "templates/all.yaml").write_text(_READER)
        (chart / "in.yaml").write_text(re.sub(r"^---.*$", "---", text, flags=re.M))
        printed = run("template", "reader", chart).stdout
    documents = [json.loads(base64.b64decode(found)) for found in re.findall(r"^json: (\S+)$", printed, re.M)]
    for document in documents:
        if set(document) == {"Error"}:
            raise AssertionError(f"no YAML: {document['Error']}")
    return [document for document in documents if document]


def objects(file, changes=None, *arguments, namespace=NAMESPACE):
    """What the chart renders, as Python objects."""
    return read_yaml(template(file, changes, *arguments, namespace=namespace).stdout)


def one(found, kind, name=None):
    """The one object of a kind (and name)."""
    fitting = [o for o in found if o["kind"] == kind and name in (None, o["metadata"]["name"])]
    if len(fitting) != 1:
        raise AssertionError(f"{len(fitting)} of {kind} {name or ''}; there are "
                             f"{sorted(o['kind'] + ' ' + o['metadata']['name'] for o in found)}")
    return fitting[0]


def configuration(found):
    """The text of canaryd.yaml among the objects."""
    return one(found, "ConfigMap", one(found, "StatefulSet")["metadata"]["name"] + "-config")["data"]["canaryd.yaml"]
