"""A file system of its own, small enough to be filled, for a test that has no other rights than a user's.

    if __name__ == "__main__":
        small_disk.run_where_disks_can_be_mounted()
        unittest.main()
"""
import contextlib
import os
import subprocess
import sys

_MARK = "CANARYD_OWN_MOUNTS"


def _mount(folder, size):
    return subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "canaryd-test", folder],
                          capture_output=True, text=True, check=False)


def run_where_disks_can_be_mounted():
    """Goes on in a user and mount namespace of its own: there a user may mount, and nobody else sees it."""
    if os.environ.get(_MARK):
        return
    inside = ["unshare", "--user", "--map-root-user", "--mount", "env", f"{_MARK}=1"]
    if subprocess.run(inside + ["true"], capture_output=True, check=False).returncode == 0:
        os.execvp(inside[0], inside + [sys.executable, *sys.argv])
    if os.geteuid() != 0:
        raise SystemExit("user namespaces are not allowed here: run this test as root, or allow them")


@contextlib.contextmanager
def mounted(folder, size):
    folder.mkdir(parents=True)
    done = _mount(folder, size)
    if done.returncode != 0:
        raise AssertionError(f"no file system can be mounted here, and this test needs one: {done.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
