"""Files mounted as Kubernetes mounts them, and the certificate that a server shows."""
import os
import pathlib
import shutil
import socket
import ssl


class Mount:
    """A folder as kubelet mounts a ConfigMap or a Secret: NAME is a symlink to ..data/NAME, and ..data one to the
    folder of a version. put() makes a new version and swaps ..data by a rename."""

    def __init__(self, folder, files):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self._version = 0
        self.put(files)

    def put(self, files):
        """`files`: {name: bytes or text}, all of the new version."""
        self._version += 1
        new = self.folder / f"..version-{self._version}"
        new.mkdir()
        for name, content in files.items():
            (new / name).write_bytes(content.encode() if isinstance(content, str) else content)
            if not (self.folder / name).is_symlink():
                (self.folder / name).symlink_to(pathlib.Path("..data") / name)
        next_data = self.folder / "..data_tmp"
        next_data.symlink_to(new.name)
        os.replace(next_data, self.folder / "..data")
        shutil.rmtree(self.folder / f"..version-{self._version - 1}", ignore_errors=True)

    def path(self, name):
        return self.folder / name


class MountedPki:
    """A lab.pki.Pki in the eyes of lab.daemon.Canaryd: what it issues lies in a mounted Secret (tls.crt, tls.key)."""

    def __init__(self, pki, folder):
        self._pki = pki
        self._folder = pathlib.Path(folder)
        self.mount = None

    def pair(self, file):
        """A new pair as the files of the Secret, not put there yet."""
        certificate, key = self._pki.issue(file)
        return {"tls.crt": certificate.read_bytes(), "tls.key": key.read_bytes()}

    def issue(self, file):
        self.mount = Mount(self._folder, self.pair(file))
        return self.mount.path("tls.crt"), self.mount.path("tls.key")


def shown_certificate(port, context):
    """The certificate that a new connection is shown, as PEM without what stands around it."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secured:
            return ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True)).strip()
