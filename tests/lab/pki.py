"""Certificates for a test run, made by the openssl program: one CA, and what it signs."""
import pathlib
import ssl
import subprocess

_EXTENSIONS = """[req]
distinguished_name = name
prompt = no
[name]
CN = {name}
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = {usage}
subjectAltName = {san}
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
"""


class Pki:
    """A CA in `folder`: `ca_file` is its certificate."""

    def __init__(self, folder, name="lab CA"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca_file, self._ca_key = self._make("ca", name, "ca", "DNS:ca", ())

    def _make(self, file, name, section, san, signer, days=2):
        config = self.folder / f"{file}.cnf"
        config.write_text(_EXTENSIONS.format(name=name, san=san, usage="serverAuth,clientAuth"))
        certificate, key = self.folder / f"{file}.crt", self.folder / f"{file}.key"
        done = subprocess.run(
            ["openssl", "req", "-x509", "-config", config, "-extensions", section, "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-keyout", key, "-out", certificate, *signer],
            capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"openssl made no certificate {file}:\n{done.stderr}")
        return certificate, key

    def issue(self, file, san="IP:127.0.0.1,DNS:localhost", name=None, days=2):
        """(certificate, key) as files FILE.crt and FILE.key; `san` in openssl's form, for servers and clients."""
        return self._make(file, name or file, "leaf", san, ("-CA", self.ca_file, "-CAkey", self._ca_key), days)

    def client_context(self, certificate=None, key=None):
        """An ssl.SSLContext that trusts this CA, with a client certificate where one is given."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        if certificate:
            context.load_cert_chain(certificate, key)
        return context
