"""What the measurements share: where programs are, folders on a real disk, medians, and one row of the table."""
import contextlib
import dataclasses
import os
import pathlib
import shutil
import statistics
import tempfile

SOURCE = pathlib.Path(os.environ["CANARYD_SOURCE"])
BUILD = pathlib.Path(os.environ["CANARYD_BUILD"])
CANARYD = pathlib.Path(os.environ["CANARYD"])


@dataclasses.dataclass
class Figure:
    """`met`: None where there is no goal."""

    what: str
    value: str
    goal: str = "-"
    met: bool | None = None


def program(name):
    return BUILD / "bench" / f"bench_{name}"


@contextlib.contextmanager
def disk_folder():
    """A folder beside the build, which is on a disk: /tmp may be memory, where fdatasync costs nothing."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=BUILD))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


median = statistics.median


def quantile(values, q):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]
