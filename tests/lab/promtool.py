"""Prometheus' promtool: where it is, and one run of it."""
import os
import pathlib
import subprocess


def path():
    folder = os.environ.get("CANARYD_TOOLS", "")
    program = pathlib.Path(folder) / "promtool"
    if not folder or not os.access(program, os.X_OK):
        raise AssertionError(f"CANARYD_TOOLS must name a folder with promtool, is {folder!r}: "
                             "scripts/lab/debian-tools DIR unpacks one and prints it")
    return program


def run(*arguments, cwd=None):
    """(exit code, what it printed). No timeout of its own: ctest has one."""
    done = subprocess.run([path(), *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          cwd=cwd)
    return done.returncode, done.stdout
