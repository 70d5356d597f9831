"""A container of the image, started as the kubelet starts the chart's: what the rendered chart says of it is read from
tests/chart/snapshots, which a test of the chart keeps up to date."""
import contextlib
import ctypes
import fcntl
import json
import os
import pathlib
import re
import secrets
import select
import socket
import ssl
import struct
import threading

from image.engine import SOURCE
from lab import net
from lab.procs import Process
from lab.tls import Mount

_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
GROUP = 65532  # fsGroup


def enter_own_network():
    """This process and its children have a network of their own from now on, as a pod does: the chart's fixed ports are
    free there, and nothing answers but what is started here."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", _IFF_UP))


class Rendered:
    """`configuration`, `arguments`, `mounts` ({path: read-only}), and the lines of the StatefulSet as `text`."""

    def __init__(self, name):
        objects = (SOURCE / f"tests/chart/snapshots/{name}.yaml").read_text().split("\n---\n")
        config = next(text for text in objects if "\n  canaryd.yaml: |\n" in text)
        self.configuration = re.sub("^    ", "", config.split("  canaryd.yaml: |\n")[1], flags=re.M)
        self.text = next(text for text in objects if "\nkind: StatefulSet\n" in text)
        self.arguments = re.search(r"^ +args: \[(.*)\]$", self.text, re.M)[1].split(", ")
        found = re.findall(r"^ +- \{name: \S+, mountPath: ([^,}]+)(, readOnly: true)?\}$", self.text, re.M)
        self.mounts = {path: bool(read_only) for path, read_only in found}


class SecuredApi:
    """TLS in front of the sandbox, which has none: `port`, until stop()."""

    def __init__(self, upstream, certificate, key):
        self._upstream = upstream
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self._listener = context.wrap_socket(socket.create_server(("127.0.0.1", 0)), server_side=True,
                                             do_handshake_on_connect=False)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        """One thread for both ways: an SSLSocket is not to be read and written at once."""
        with client, contextlib.suppress(OSError), socket.create_connection(self._upstream) as upstream:
            client.do_handshake()
            other = {client: upstream, upstream: client}
            while True:
                for source in [client] if client.pending() else select.select([client, upstream], [], [])[0]:
                    data = source.recv(65536)
                    if not data:
                        return
                    other[source].sendall(data)

    def stop(self):
        self._listener.close()


class Pod:
    """The volumes of the chart's pod in `folder`, and its container. `token_file`, `webhook_url`: as of
    lab.daemon.Canaryd."""

    webhook_url = "https://127.0.0.1:8443/webhooks/alertmanager"
    admin = "http://127.0.0.1:8080"

    image = "localhost/one"

    def __init__(self, engine, folder, pki, api_port):
        self.engine, self.folder = engine, pathlib.Path(folder)
        self.folder.mkdir()
        self.rendered = Rendered("existing-secrets")
        self.audit = self.folder / "data/audit"
        certificate, key = pki.issue("pod")
        signing = engine.call("podman", "run", "--rm", "--network", "none", "--volume", f"{self._out()}:/out",
                              self.image, "audit", "key", "generate", "--out", "/out/key.pem")
        self.public_key = self.folder / "audit.pub"
        self.public_key.write_text(signing.stdout)
        self.token_file = self.folder / "token"
        self.token_file.write_text(secrets.token_urlsafe(24))
        contents = {
            "/etc/canaryd/config": {"canaryd.yaml": self.rendered.configuration},
            "/etc/canaryd/stop": {},
            "/etc/canaryd/tls": {"tls.crt": certificate.read_bytes(), "tls.key": key.read_bytes()},
            "/etc/canaryd/tokens": {"alertmanager": self.token_file.read_text()},
            "/etc/canaryd/audit-key": {"key.pem": (self._out() / "key.pem").read_bytes()},
            ACCOUNT: {"token": "of-the-service-account", "ca.crt": pki.ca_file.read_bytes(), "namespace": "canaryd"}}
        self.volumes = {}
        for path, read_only in {**self.rendered.mounts, ACCOUNT: True}.items():
            source = self.folder / ("data" if path == "/var/lib/canaryd" else path.strip("/").replace("/", "-"))
            if path == "/var/lib/canaryd":
                source.mkdir()
            else:
                Mount(source, contents[path])  # KeyError: the chart mounts what this test does not know
            self._owned_as_by_the_kubelet(source)
            self.volumes[path] = (source, read_only)
        self.environment = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api_port)}
        self.process = None

    def _out(self):
        out = self.folder / "out"
        if not out.exists():
            out.mkdir()
            os.chown(out, GROUP, GROUP)
        return out

    @staticmethod
    def _owned_as_by_the_kubelet(folder):
        """fsGroup: everything is of that group, which may write where the volume is not read-only."""
        for path in (folder, *folder.rglob("*")):
            if path.is_symlink():
                continue
            os.chown(path, 0, GROUP)
            path.chmod(0o2775 if path.is_dir() else 0o440)

    def options(self):
        """podman's words for the securityContext of the snapshot: test_running.py holds them to it."""
        words = ["--network", "host", "--user", "65532:65532", "--read-only", "--read-only-tmpfs=false", "--cap-drop",
                 "all", "--security-opt", "no-new-privileges", "--memory", "256m", "--no-hosts", "--pull", "never"]
        for name, value in self.environment.items():
            words += ["--env", f"{name}={value}"]
        for path, (source, read_only) in self.volumes.items():
            words += ["--volume", f"{source}:{path}:{'ro' if read_only else 'rw'}"]
        return words

    def run(self, *arguments, check=True, more=()):
        """A command of canaryd in such a container, to its end."""
        return self.engine.call("podman", "run", "--rm", *self.options(), *more, self.image, *arguments, check=check)

    def start(self, name):
        """A container, with the chart's arguments; `pid` is the process in it, canaryd as soon as it is executed."""
        self.name = name
        self.engine.call("podman", "create", "--name", name, *self.options(), self.image, *self.rendered.arguments)
        self.engine.call("podman", "init", name)
        self.pid = int(self.engine.call("podman", "inspect", "--format", "{{.State.Pid}}", name).stdout)
        self.process = Process("podman", ["podman", "start", "--attach", name], env=self.engine.environment,
                               log_path=self.folder / f"{name}.log")
        return self

    def is_ready(self):
        try:
            return net.request("GET", f"{self.admin}/readyz").status == 200
        except OSError:
            return False

    def wait_ready(self, timeout=60):
        self.process.wait_http(f"{self.admin}/readyz", timeout)
        return self

    def terminate(self):
        """SIGTERM to canaryd; its exit code."""
        self.engine.call("podman", "kill", "--signal", "TERM", self.name)
        return self.process.wait_exit(40)

    def records(self):
        lines = []
        for file in sorted(self.audit.glob("*.jsonl")):
            lines += [json.loads(line) for line in file.read_bytes().splitlines()]
        return lines

    def metrics(self):
        return net.request("GET", f"{self.admin}/metrics").body.decode()
