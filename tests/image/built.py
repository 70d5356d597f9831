"""The image, built twice from copies of the checkout that differ in what must make no difference."""
import atexit
import functools
import os
import shutil
import subprocess
import time

from image import pod
from image.engine import SOURCE, Engine

REVISION = "0123456789abcdef0123456789abcdef01234567"
EPOCH = 1700000000
CREATED = "2023-11-14T22:13:20Z"
# Of each build: the folder of the compilation, umask and time of the checkout.
BUILDS = {"one": ("/canaryd", 0o022, 1_600_000_000), "two": ("/somewhere/else", 0o077, 1_690_000_000)}


class Built:
    """`engine` has the images of BUILDS; `root` and `config` are the files of the first one and what is known of it."""

    def __init__(self):
        base = subprocess.run([SOURCE / "scripts/lab/base-image"], capture_output=True, text=True, check=True)
        self.engine = Engine()
        atexit.register(self.engine.close)
        self.engine.import_tar(base.stdout.strip(), "base")
        for name, (inside, umask, modified) in BUILDS.items():
            began = time.monotonic()
            folder = self.engine.folder / f"checkout-{name}"
            _copy(folder, umask, modified)
            _build(self.engine, name, folder, inside)
            print(f"  built {name} in {time.monotonic() - began:.0f} s", flush=True)
        self.root = self.engine.mount("one")
        self.config = self.engine.inspect("one")


@functools.cache
def images():
    """Built once. From then on this process has a network of its own (pod.py): building needs the machine's."""
    built = Built()
    pod.enter_own_network()
    return built


def _copy(folder, umask, modified):
    """The files that git would have, with the rights that `umask` leaves, all `modified` at this time."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=SOURCE,
                            capture_output=True, check=True).stdout.decode()
    before = os.umask(umask)
    for name in listed.split("\0"):
        if (SOURCE / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(SOURCE / name, target)
            if os.access(SOURCE / name, os.X_OK):
                target.chmod(0o777 & ~umask)
            os.utime(target, (modified, modified))
    os.umask(before)


def _cache():
    """The folder of the machine's compiler cache."""
    asked = subprocess.run(["ccache", "--get-config", "cache_dir"], capture_output=True, text=True, check=True)
    folder = asked.stdout.strip()
    os.makedirs(folder, exist_ok=True)
    return folder


def _build(engine, name, folder, inside):
    """The image localhost/NAME of the checkout in `folder`, compiled in the folder `inside`. What was compiled in the
    same folder once before comes from the cache, and never from one of another folder: that would show nothing."""
    engine.call(
        folder / "scripts/image", f"localhost/{name}", "--network", "host", "--pull-never",
        "--build-arg", "BASE=localhost/base", "--build-arg", f"FOLDER={inside}",
        "--volume", f"{_cache()}:/root/.cache/ccache",
        "--build-arg", f"CMAKE_CXX_COMPILER_LAUNCHER=env;CCACHE_NAMESPACE=image{inside};ccache",
        REVISION=REVISION, SOURCE_DATE_EPOCH=str(EPOCH))
