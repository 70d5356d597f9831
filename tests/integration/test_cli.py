"""The command line of the real binary: exit codes, help, and outputs that cannot be written."""

import os
import re
import signal
import subprocess
import tempfile
import unittest

from lab import promtool

CANARYD = os.environ["CANARYD"]
SOURCE = os.environ.get("CANARYD_SOURCE", ".")

def canaryd(*words, **options):
    options.setdefault("stdout", subprocess.PIPE)
    return subprocess.run([CANARYD, *words], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60, **options)


class Usage(unittest.TestCase):
    def commands(self, command=()):
        """Each command that a help names, with its help."""
        shown = canaryd(*command, "--help")
        self.assertEqual((shown.returncode, shown.stderr), (0, b""), command)
        text = shown.stdout.decode()
        found = {command: text}
        listed = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
        for name in re.findall(r"^  ([a-z-]+) ", listed[1], re.M) if listed else []:
            found |= self.commands((*command, name))
        return found

    def test_every_command_has_help_with_an_example(self):
        commands = self.commands()
        self.assertLessEqual({("serve",), ("config", "default"), ("rules", "print"), ("version",)}, set(commands))
        self.assertEqual({words[1:] for words in commands if words[:1] == ("audit",)},
                         {(), ("verify",), ("query",), ("explain",), ("report",), ("prove",), ("verify-proof",),
                          ("key",), ("key", "generate"), ("key", "public")})
        for command, text in commands.items():
            with self.subTest(command=command):
                self.assertIn("Example:\n  canaryd " + " ".join(command), text)

    def test_wrong_usage_exits_with_2(self):
        for command in [[], ["frobnicate"], ["serve"], ["check-config"], ["config"], ["rules", "print", "no-such.yaml"],
                        ["rules", "print", "--source", "model-metrics", "canary.yaml"], ["rules", "list", "all"],
                        ["audit"], ["audit", "verify"], ["audit", "query"], ["audit", "query", "--output", "xml", "log"],
                        ["audit", "explain", "log"], ["audit", "report"], ["audit", "report", "--output", "csv", "log"],
                        ["audit", "prove"], ["audit", "prove", "log"], ["audit", "verify-proof"], ["audit", "key"],
                        ["audit", "key", "generate"], ["audit", "key", "public"], ["sandbox", "--services", "many"], ["version", "--frobnicate"]]:
            with self.subTest(command=command):
                result = canaryd(*command)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stdout, b"")
                self.assertNotEqual(result.stderr, b"")

    def test_the_version_is_that_of_the_build(self):
        with open(os.path.join(SOURCE, "CMakeLists.txt"), encoding="utf-8") as text:
            version = re.search(r"project\(canaryd VERSION ([0-9.]+)", text.read()).group(1)
        for words in (["version"], ["--version"]):
            result = canaryd(*words)
            self.assertEqual((result.returncode, result.stdout), (0, f"canaryd {version}\n".encode()))


class Configuration(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="canaryd-cli-")
        self.addCleanup(folder.cleanup)
        self.file = os.path.join(folder.name, "c.yaml")

    def write(self, text):
        with open(self.file, "wb") as out:
            out.write(text)

    def test_the_default_configuration_passes_the_check(self):
        default = canaryd("config", "default")
        self.assertEqual(default.returncode, 0)
        self.write(default.stdout)
        check = canaryd("check-config", self.file)
        self.assertEqual(check.returncode, 0, check.stderr)
        self.assertIn(b"is good", check.stdout)

    def test_every_problem_is_a_line_with_its_place(self):
        default = canaryd("config", "default").stdout
        self.write(default.replace(b"  max_connections: 128", b"  max_conections: 128").replace(b"level: info", b"level: loud"))
        check = canaryd("check-config", self.file)
        self.assertEqual(check.returncode, 1)
        self.assertEqual(check.stdout, b"")
        lines = check.stderr.decode().splitlines()
        self.assertEqual(len(lines), 3, lines)
        self.assertRegex(lines[0], re.escape(self.file) + r":\d+:3: unknown key \"max_conections\" in server, "
                                                          r"expected max_connections \(the nearest known key\)$")
        self.assertRegex(lines[1], re.escape(self.file) + r":\d+:10: log.level: got loud, expected ")
        self.assertEqual(lines[2], f"canaryd: {self.file} has 2 problems")

    def test_serve_refuses_a_bad_configuration(self):
        self.write(b"server: {}\n")
        result = canaryd("serve", "--config", self.file)
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{self.file}:1:9: server.tls: missing".encode(), result.stderr)

    def test_a_file_that_is_not_there_fails(self):
        for command in (["check-config", self.file], ["serve", "--config", self.file]):
            result = canaryd(*command)
            self.assertEqual(result.returncode, 1)
            self.assertIn(self.file.encode(), result.stderr)


class Rules(unittest.TestCase):
    GROUPS = re.compile(r"^ *- name: (\S+)$", re.M)

    @staticmethod
    def shipped(*folders):
        root = os.path.join(SOURCE, "rules")
        names = [folder + name for folder in folders for name in os.listdir(os.path.join(root, folder))]
        return {name: os.path.join(root, name) for name in sorted(names) if name.endswith(".yaml")}

    def sources(self):
        return [name[len("sources/"):-len(".yaml")] for name in self.shipped("sources/")]

    def printed(self, *words):
        result = canaryd("rules", "print", *words)
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        return result.stdout.decode()

    def groups_of_files(self, names):
        groups = []
        for name, path in self.shipped("", "sources/").items():
            with open(path, encoding="utf-8") as file:
                groups += self.GROUPS.findall(file.read()) if name in names else []
        return groups

    def test_each_file_is_printed_byte_for_byte(self):
        for folder in ("", "sources/", "scrape/"):
            self.assertTrue(self.shipped(folder))
        for name, path in self.shipped("", "sources/", "scrape/").items():
            with self.subTest(name=name), open(path, "rb") as file:
                result = canaryd("rules", "print", name)
                self.assertEqual((result.returncode, result.stdout), (0, file.read()))

    def test_all_files_together_are_one_rule_file(self):
        text = self.printed()
        lines = text.splitlines()
        self.assertEqual(lines.count("groups:"), 1)
        self.assertNotIn("---", lines)
        self.assertEqual(self.GROUPS.findall(text), self.groups_of_files(self.shipped("", "sources/")))

    def test_a_chosen_source_comes_with_the_alerts_and_without_the_others(self):
        alerts = list(self.shipped(""))
        for source in self.sources():
            with self.subTest(source):
                self.assertEqual(self.GROUPS.findall(self.printed("--source", source)),
                                 self.groups_of_files([*alerts, f"sources/{source}.yaml"]))

    def test_an_unknown_source_or_file_is_told_with_those_that_are_known(self):
        for words, known in ((["--source", "istio"], self.sources()),
                             (["istio.yaml"], self.shipped("", "sources/", "scrape/"))):
            result = canaryd("rules", "print", *words)
            self.assertEqual((result.returncode, result.stdout), (2, b""))
            for name in known:
                self.assertIn(name, result.stderr.decode())

    def test_the_list_names_every_alert_and_recorded_series(self):
        table = canaryd("rules", "list")
        self.assertEqual((table.returncode, table.stderr), (0, b""))
        rows = [line.split(maxsplit=6) for line in table.stdout.decode().splitlines()]
        self.assertEqual(rows[0], ["FILE", "GROUP", "KIND", "NAME", "FOR", "SEVERITY", "SUMMARY"])
        expected = []
        for name, path in self.shipped("", "sources/").items():
            with open(path, encoding="utf-8") as file:
                expected += [[name, *rule] for rule in re.findall(r"^ +- (alert|record): (\S+)$", file.read(), re.M)]
        self.assertEqual([[row[0], row[2], row[3]] for row in rows[1:]], expected)

    @unittest.skipUnless(os.environ.get("CANARYD_TOOLS"), "no promtool: CANARYD_TOOLS does not name its folder")
    def test_promtool_accepts_every_choice_as_one_file_without_a_rule_twice(self):
        choices = [[], *(["--source", source] for source in self.sources()), *([name] for name in self.shipped("")),
                   [word for source in self.sources() for word in ("--source", source)]]
        with tempfile.TemporaryDirectory(prefix="canaryd-cli-") as folder:
            for words in choices:
                with self.subTest(words):
                    text = self.printed(*words)
                    file = os.path.join(folder, "rules.yaml")
                    with open(file, "w", encoding="utf-8") as out:
                        out.write(text)
                    code, said = promtool.run("check", "rules", "--lint=all", "--lint-fatal", file)
                    self.assertEqual(code, 0, said)
                    self.assertIn(f"SUCCESS: {len(re.findall('^ +- (?:alert|record): ', text, re.M))} rules found", said)


class Audit(unittest.TestCase):
    def test_a_log_a_proof_or_a_key_that_is_not_there_could_not_be_read(self):
        with tempfile.TemporaryDirectory(prefix="canaryd-cli-") as folder:
            none = os.path.join(folder, "none")
            for words in (["verify", none], ["query", none], ["explain", none, "195c92"], ["report", none],
                          ["prove", none, "seq:1"], ["verify-proof", none], ["key", "public", none]):
                with self.subTest(words[0]):
                    result = canaryd("audit", *words)
                    self.assertEqual((result.returncode, result.stdout), (1, b""))
                    self.assertIn(none.encode(), result.stderr)


class Output(unittest.TestCase):
    def test_a_full_output_is_a_failure(self):
        for command in (["version"], ["--version"], ["--help"], ["config", "default"], ["rules", "print"],
                        ["rules", "list"]):
            with self.subTest(command=command), open("/dev/full", "wb") as full:
                result = canaryd(*command, stdout=full)
                self.assertEqual(result.returncode, 1)
                self.assertEqual(result.stderr, b"canaryd: cannot write to the standard output\n")

    def test_a_closed_output_is_a_failure(self):
        result = subprocess.run(["/bin/sh", "-c", 'exec "$0" config default >&-', CANARYD], stderr=subprocess.PIPE,
                                stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, b"canaryd: cannot write to the standard output\n")

    def test_a_reader_that_went_away_is_a_failure(self):
        reader, writer = os.pipe()
        os.close(reader)
        try:
            result = canaryd("config", "default", stdout=writer)
        finally:
            os.close(writer)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, b"canaryd: cannot write to the standard output\n")


class Sandbox(unittest.TestCase):
    def test_the_sandbox_says_where_it_listens_and_stops_when_told(self):
        for stop in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(stop=stop):
                process = subprocess.Popen([CANARYD, "sandbox", "--listen", "127.0.0.1:0"], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                try:
                    self.assertRegex(process.stdout.readline().decode(), r"listening on http://127\.0\.0\.1:\d+")
                    process.send_signal(stop)
                    _, err = process.communicate(timeout=60)
                    self.assertEqual(process.returncode, 0, err)
                finally:
                    process.kill()
                    process.communicate()

    def test_an_address_that_is_not_loopback_is_refused(self):
        result = canaryd("sandbox", "--listen", "0.0.0.0:0")
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"0.0.0.0", result.stderr)


if __name__ == "__main__":
    unittest.main()
