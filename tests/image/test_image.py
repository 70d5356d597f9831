"""The image, built twice from the Dockerfile by buildah on a Debian of debootstrap, and run by podman and runc.

Compared are two builds in different folders, of copies of the checkout with different rights and times, compiled in
different folders, with a few minutes between: they have the same image ID and digest, so each file, owner, mode, time
and label is the same. The packages are those that the mirror has now, installed once for both. Each object was compiled
in its own build's folder, in this run or in one before it: the compiler's cache never gives one build what was compiled
for the other.

Run is what the chart's pod says, read from its snapshot: user, read-only root, no capabilities, no new privileges,
memory limit, volumes with fsGroup's owners and the kubelet's links, service account, fixed ports.

Not shown: BuildKit; debian:bookworm-slim itself, a registry and a pull by digest; overlayfs (the storage is vfs:
plain folders); the kubelet, containerd and their seccomp profile RuntimeDefault (here it is podman's default one, a
list of the same origin); user namespaces; arm64.
"""
import hashlib
import os
import unittest

from image import built
from image.contents import Contents  # noqa: F401  (its tests run here)
from image.running import AsTheChartRunsIt  # noqa: F401


def entries(root):
    """{path: what a layer has of it}"""
    found = {}
    for path in root.rglob("*"):
        about = path.lstat()
        content = None
        if path.is_symlink():
            content = os.readlink(path)
        elif path.is_file():
            content = hashlib.sha256(path.read_bytes()).hexdigest()
        found[str(path.relative_to(root))] = (oct(about.st_mode), about.st_uid, about.st_gid, about.st_mtime, content)
    return found


class Reproducible(unittest.TestCase):
    def setUp(self):
        self.engine = built.images().engine

    def test_two_builds_are_one_image(self):
        one, two = (self.engine.inspect(name) for name in built.BUILDS)
        if one["RootFS"] != two["RootFS"]:
            left, right = (entries(self.engine.mount(name)) for name in built.BUILDS)
            self.fail("the layers differ in " + ", ".join(sorted(
                f"{path} ({left.get(path)}, {right.get(path)})" for path in left.keys() | right.keys()
                if left.get(path) != right.get(path))))
        self.assertEqual(one["Config"], two["Config"])
        self.assertEqual((one["Id"], one["Digest"]), (two["Id"], two["Digest"]))
        print(f"  image {one['Id']}, digest {one['Digest']}")

    def test_no_name_of_a_folder_is_in_the_program(self):
        program = (built.images().root / "usr/bin/canaryd").read_bytes()
        for name in ("/somewhere/else", "/canaryd/src", "/canaryd/build", "/canaryd/include", str(self.engine.folder)):
            self.assertFalse(name.encode() in program, name)


if __name__ == "__main__":
    built.images()  # here, where a failure is one failure
    unittest.main()
