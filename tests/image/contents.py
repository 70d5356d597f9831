"""What is in the image, and what it says of itself."""
import email.parser
import hashlib
import json
import os
import re
import ssl
import stat
import unittest

from image import built
from image.engine import SOURCE

LIMIT = 60_000_000
# What belongs to no package.
OWN = {"etc/group", "etc/nsswitch.conf", "etc/passwd", "lib", "lib64", "usr/bin/canaryd",
       "usr/share/doc/canaryd/copyright", "usr/share/sbom/canaryd.cdx.json"}
BUNDLE = "etc/ssl/certs/ca-certificates.crt"
STATUS = "var/lib/dpkg/status.d/"


def part(path):
    """The part of the image that a file counts for."""
    for prefix, name in (("usr/bin/", "canaryd"), ("usr/lib/x86_64-linux-gnu/", "libraries"),
                         ("usr/share/zoneinfo/", "time zones"), ("etc/ssl/", "CA certificates"),
                         ("usr/share/doc/", "licences"), ("usr/share/common-licenses/", "licences"),
                         (STATUS, "package status and SBOM"), ("usr/share/sbom/", "package status and SBOM")):
        if path.startswith(prefix):
            return name
    return "other"


class Contents(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root, cls.config = built.images().root, built.images().config
        cls.paths = {str(path.relative_to(cls.root)): path for path in sorted(cls.root.rglob("*"))}
        cls.files = {name: path for name, path in cls.paths.items() if path.is_symlink() or path.is_file()}
        cls.plain = {name: path for name, path in cls.files.items() if not path.is_symlink()}
        cls.packages = {}
        for name, path in cls.files.items():
            if name.startswith(STATUS) and not name.endswith(".md5sums"):
                cls.packages[name.removeprefix(STATUS)] = email.parser.Parser().parsestr(path.read_text())

    def test_it_is_small(self):
        parts = {}
        for name, path in self.plain.items():
            parts[part(name)] = parts.get(part(name), 0) + path.stat().st_size
        total = sum(parts.values())
        for name, size in sorted(parts.items(), key=lambda one: -one[1]):
            print(f"  {name:24} {size / 1e6:6.2f} MB")
        print(f"  {'all':24} {total / 1e6:6.2f} MB in {len(self.files)} files of {len(self.packages)} packages")
        self.assertLess(total, LIMIT)

    def test_there_is_one_program_and_nothing_gains_rights_by_it(self):
        executable = [name for name, path in self.plain.items() if path.stat().st_mode & 0o111]
        self.assertRegex(" ".join(executable), r"^usr/bin/canaryd \S+/ld-linux-x86-64\.so\.2 \S+/libc\.so\.6$")
        for name in ("bin", "sbin", "usr/sbin", "var/lib/dpkg/status", "usr/lib/apt", "usr/lib/dpkg"):
            self.assertNotIn(name, self.paths)
        for name, path in self.paths.items():
            with self.subTest(name):
                about = path.lstat()
                self.assertFalse(about.st_mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX))
                self.assertNotIn("security.capability", os.listxattr(path, follow_symlinks=False))
                if name == "var/lib/canaryd":
                    self.assertEqual((about.st_uid, about.st_gid, stat.S_IMODE(about.st_mode)), (65532, 65532, 0o700))
                else:
                    self.assertEqual((about.st_uid, about.st_gid), (0, 0))
                    self.assertTrue(path.is_symlink() or not about.st_mode & 0o022)
                self.assertEqual(about.st_mtime, built.EPOCH)

    def test_each_file_is_of_one_package_and_the_one_that_debian_built(self):
        recorded = {}
        for package, about in self.packages.items():
            sums = self.root / STATUS / f"{package}.md5sums"
            lines = sums.read_text().splitlines() if sums.exists() else []
            pairs = [line.split("  ", 1) for line in lines]
            pairs += [(sum, path[1:]) for path, sum in re.findall(r"^ (\S+) (\S+)$", about.get("Conffiles", ""), re.M)]
            for sum, path in pairs:
                recorded.setdefault(path, []).append(sum)
        for name, path in self.files.items():
            if name in OWN or name == BUNDLE or name.startswith(STATUS):
                continue
            with self.subTest(name):
                if path.is_symlink():
                    target = os.path.normpath(os.path.join("/", os.path.dirname(name), os.readlink(path)))[1:]
                    target = re.sub("^lib", "usr/lib", target)
                    self.assertTrue(target in self.paths, f"a link to {target}, which is not there")
                    continue
                md5 = hashlib.md5(path.read_bytes()).hexdigest()
                self.assertEqual(recorded.get(name), [md5])
        self.assertLessEqual(OWN, set(self.files))

    def test_no_package_is_listed_that_has_nothing_here(self):
        for package, about in self.packages.items():
            with self.subTest(package):
                self.assertEqual(about["Package"], package)
                self.assertEqual(about["Status"], "install ok installed")
                sums = (self.root / STATUS / f"{package}.md5sums").read_text()
                self.assertTrue(any(line.split("  ")[1] in self.files for line in sums.splitlines()))
                self.assertTrue((self.root / "usr/share/doc" / package / "copyright").is_file(), "no licence")
        self.assertLessEqual({"libc6", "libstdc++6", "libssl3", "libcurl4", "tzdata", "ca-certificates", "base-files",
                              "nlohmann-json3-dev", "libcli11-dev", "libexpected-dev"}, set(self.packages))
        self.assertNotIn("linux-libc-dev", self.packages)

    def test_the_sbom_lists_the_same_packages(self):
        bill = json.loads((self.root / "usr/share/sbom/canaryd.cdx.json").read_text())
        self.assertEqual((bill["bomFormat"], bill["specVersion"], bill["version"]), ("CycloneDX", "1.4", 1))
        self.assertEqual(bill["metadata"]["timestamp"], built.CREATED)
        program = bill["metadata"]["component"]
        self.assertEqual((program["name"], program["version"]), ("canaryd", version()))
        self.assertEqual(program["hashes"][0]["content"],
                         hashlib.sha256((self.root / "usr/bin/canaryd").read_bytes()).hexdigest())
        listed = {one["name"]: one for one in bill["components"]}
        self.assertEqual(len(listed), len(bill["components"]))
        self.assertEqual({name: one["version"] for name, one in listed.items()},
                         {name: about["Version"] for name, about in self.packages.items()})
        for name, about in self.packages.items():
            escaped = about["Version"].replace("+", "%2B").replace(":", "%3A")
            self.assertEqual(listed[name]["purl"], f"pkg:deb/debian/{name.replace('+', '%2B')}@{escaped}"
                                                   f"?arch={about['Architecture']}")

    def test_it_says_what_it_is(self):
        self.assertEqual(self.config["Config"], {
            "User": "65532:65532", "ExposedPorts": {"8080/tcp": {}, "8443/tcp": {}}, "Env": ["PATH=/usr/bin"],
            "Entrypoint": ["/usr/bin/canaryd"],
            "Labels": {f"org.opencontainers.image.{name}": value for name, value in (
                ("title", "canaryd"), ("description", "Rolls back bad KServe canaries, provably"),
                ("licenses", "Apache-2.0"), ("version", version()), ("revision", built.REVISION),
                ("created", built.CREATED))}})
        self.assertEqual(self.config["Created"], built.CREATED)
        self.assertEqual((self.config["Os"], self.config["Architecture"]), ("linux", "amd64"))
        self.assertIsNone(self.config.get("Healthcheck"))
        self.assertEqual(len(self.config["RootFS"]["Layers"]), 1)

    def test_the_distribution_and_the_certificates_are_there(self):
        self.assertIn('VERSION_ID="12"', (self.root / "etc/os-release").read_text())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.root / BUNDLE)
        self.assertGreater(len(context.get_ca_certs()), 100)


def version():
    return re.search(r"project\(canaryd VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text())[1]
