"""What the tests of `canaryd route` share: the commands, and the configurations of tests/rules/alertmanager."""
import json
import os
import pathlib
import subprocess

SOURCE = pathlib.Path(os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).parents[2])
CONFIGS = SOURCE / "tests/rules/alertmanager"


def tool(name):
    folder = os.environ.get("CANARYD_TOOLS", "")
    path = pathlib.Path(folder) / name
    if not folder or not os.access(path, os.X_OK):
        raise AssertionError(f"CANARYD_TOOLS must name a folder with {name}, is {folder!r}: "
                             "scripts/lab/debian-tools DIR unpacks one and prints it")
    return path.resolve()


def canaryd(*arguments):
    """(exit code, standard output); what is on the standard error is a failure."""
    done = subprocess.run([os.environ["CANARYD"], *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.stderr:
        raise AssertionError(done.stderr)
    return done.returncode, done.stdout


def report(file, *options):
    code, text = canaryd("route", "check", file, "--output", "json", *options)
    answer = json.loads(text)
    if code != (0 if answer["arrives"] else 1):
        raise AssertionError(f"exit code {code} with {text}")
    return answer


def as_argument(labels):
    return "{" + ",".join(f"{name}={json.dumps(value)}" for name, value in labels.items()) + "}"
