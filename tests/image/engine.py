"""buildah and podman with a storage of their own, which is gone afterwards: the machine's images are not touched.

buildah's RUN is a chroot; podman starts containers by runc, as containerd and CRI-O do: namespaces, cgroup, seccomp.
"""
import json
import os
import pathlib
import resource
import shutil
import subprocess
import tempfile

SOURCE = pathlib.Path(os.environ["CANARYD_SOURCE"])

_CONTAINERS = """[containers]
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "{folder}/podman"
"""
# vfs copies whole trees, and needs nothing of the kernel.
_STORAGE = """[storage]
driver = "vfs"
graphroot = "{folder}/storage"
runroot = "{folder}/run"
"""


class Engine:
    """`folder` is new, for whatever a test needs beside the storage. Its images are named localhost/NAME."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="image-", dir=os.environ["CANARYD_BUILD"]))
        limits = [resource.getrlimit(one)[1] for one in (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC)]
        files, processes = (4096 if limit == resource.RLIM_INFINITY else min(limit, 4096) for limit in limits)
        (self.folder / "containers.conf").write_text(
            _CONTAINERS.format(folder=self.folder, files=files, processes=processes))
        (self.folder / "storage.conf").write_text(_STORAGE.format(folder=self.folder))
        (self.folder / "tmp").mkdir()
        self.environment = {
            **os.environ, "CONTAINERS_CONF": str(self.folder / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(self.folder / "storage.conf"), "BUILDAH_ISOLATION": "chroot",
            "TMPDIR": str(self.folder / "tmp")}

    def call(self, *words, cwd=None, check=True, **environment):
        """The program's end, with `stdout` and `stderr` as text."""
        done = subprocess.run([str(word) for word in words], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              cwd=cwd, env={**self.environment, **environment}, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}: exit {done.returncode}\n{done.stdout[-6000:]}"
                                 f"{done.stderr[-6000:]}")
        return done

    def inspect(self, name):
        return json.loads(self.call("podman", "image", "inspect", f"localhost/{name}").stdout)[0]

    def mount(self, name):
        """The image's files, as a folder to look at."""
        return pathlib.Path(self.call("podman", "image", "mount", f"localhost/{name}").stdout.strip())

    def close(self):
        self.call("podman", "rm", "--all", "--force", "--time", "0", check=False)
        self.call("podman", "image", "unmount", "--all", "--force", check=False)
        self.call("buildah", "rm", "--all", check=False)
        shutil.rmtree(self.folder)
