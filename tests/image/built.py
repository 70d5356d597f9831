"""The image, built twice from copies of the checkout that differ in what must make no difference."""
import atexit
import contextlib
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
        with _timed("the packages of the build"):
            _install_packages(self.engine, base.stdout.strip())
        for name, (inside, umask, modified) in BUILDS.items():
            folder = self.engine.folder / f"checkout-{name}"
            _copy(folder, umask, modified)
            with _timed(f"build {name}"):
                _build(self.engine, name, folder, inside)
        self.root = self.engine.mount("one")
        self.config = self.engine.inspect("one")


@functools.cache
def images():
    """Built once. From then on this process has a network of its own (pod.py): building needs the machine's."""
    built = Built()
    pod.enter_own_network()
    return built


@contextlib.contextmanager
def _timed(what):
    began = time.monotonic()
    yield
    print(f"  {what}: {time.monotonic() - began:.0f} s", flush=True)


def _install_packages(engine, tar):
    """localhost/base: the Debian of `tar` with what the Dockerfile's first step installs. That step then finds it there,
    so that both builds have the same packages, and they are installed once."""
    container = engine.call("buildah", "from", "scratch").stdout.strip()
    engine.call("buildah", "add", container, tar, "/")
    engine.call("buildah", "copy", container, SOURCE / "scripts/deps", "/tmp/")
    engine.call("buildah", "run", "--network", "host", container, "--", "/tmp/deps", "build", "runtime")
    engine.call("buildah", "commit", "--rm", container, "localhost/base")


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


def _of_ccache(key):
    """What the machine's compiler cache is set to."""
    asked = subprocess.run(["ccache", "--get-config", key], capture_output=True, text=True, check=True)
    return asked.stdout.strip()


def _build(engine, name, folder, inside):
    """The image localhost/NAME of the checkout in `folder`, compiled in the folder `inside`. What was compiled in the
    same folder once before comes from the cache, and never from one of another folder: that would show nothing."""
    cache = _of_ccache("cache_dir")
    os.makedirs(cache, exist_ok=True)
    settings = f"CCACHE_NAMESPACE=image{inside};CCACHE_MAXSIZE={_of_ccache('max_size')}"
    engine.call(
        folder / "scripts/image", f"localhost/{name}", "--network", "host", "--pull-never",
        "--build-arg", "BASE=localhost/base", "--build-arg", f"FOLDER={inside}",
        "--volume", f"{cache}:/root/.cache/ccache",
        "--build-arg", f"CMAKE_CXX_COMPILER_LAUNCHER=env;{settings};ccache",
        REVISION=REVISION, SOURCE_DATE_EPOCH=str(EPOCH))
