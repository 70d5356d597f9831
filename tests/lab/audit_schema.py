"""Holds the records of an audit log against docs/audit-schema.json, with Debian's python3-jsonschema.

    audit_schema.check(folder)   # AssertionError that names the first records that do not fit
"""
import json
import os
import pathlib
import subprocess
import sys

SYSTEM_PYTHON = "/usr/bin/python3"  # another interpreter may lack the package
MOST_TOLD = 5


def schema_file():
    source = os.environ.get("CANARYD_SOURCE") or pathlib.Path(__file__).resolve().parents[2]
    return pathlib.Path(source) / "docs/audit-schema.json"


def lines_of(folder):
    """All whole lines, as they stand. What a crash left unfinished is not for the schema to judge."""
    for file in sorted(pathlib.Path(folder).glob("segment-*.jsonl*")):
        raw = file.read_bytes()
        if file.suffix == ".zst":
            raw = subprocess.run(["zstd", "-dcq", file], stdout=subprocess.PIPE, check=True).stdout
        yield from raw.split(b"\n")[:-1]


def misfits(lines):
    """What does not fit, one text a record."""
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        return _elsewhere(lines)
    validator = jsonschema.Draft202012Validator(json.loads(schema_file().read_text()))
    found = []
    for line in lines:
        for error in validator.iter_errors(json.loads(line)):
            path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
            found.append(f"{path or 'the record'}: {error.message}\n  in {line.decode()}")
            break
    return found


def _elsewhere(lines):
    if pathlib.Path(sys.executable).resolve() == pathlib.Path(SYSTEM_PYTHON).resolve():
        raise RuntimeError("the Python package jsonschema is missing: scripts/deps test")
    tests = str(pathlib.Path(__file__).resolve().parents[1])
    done = subprocess.run([SYSTEM_PYTHON, "-m", "lab.audit_schema"], input=b"".join(line + b"\n" for line in lines),
                          env={**os.environ, "PYTHONPATH": tests}, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def check(folder):
    found = misfits(list(lines_of(folder)))
    if found:
        raise AssertionError(f"{len(found)} records do not fit {schema_file().name}:\n" + "\n".join(found[:MOST_TOLD]))


if __name__ == "__main__":
    print(json.dumps(misfits(sys.stdin.buffer.read().split(b"\n")[:-1])))
