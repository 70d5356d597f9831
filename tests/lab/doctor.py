"""`canaryd doctor`, run once, and what it found."""
import json
import os
import subprocess


class Diagnosis:
    """`code`, `status` and `findings` ({check, status, text, remedy}) of one run."""

    def __init__(self, done):
        self.code = done.returncode
        if done.returncode not in (0, 3, 4):
            raise AssertionError(f"canaryd doctor ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        self.text = done.stdout
        answer = json.loads(done.stdout)
        self.status = answer["status"]
        self.findings = answer["findings"]

    def of(self, check):
        """[(status, text)] of one check."""
        return [(each["status"], each["text"]) for each in self.findings if each["check"] == check]

    def one(self, check):
        found = self.of(check)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} findings of {check}, expected one:\n{self}")
        return found[0]

    def bad(self):
        """{check: statuses} of all that is not OK."""
        found = {}
        for each in self.findings:
            if each["status"] != "OK":
                found.setdefault(each["check"], set()).add(each["status"])
        return found

    def __str__(self):
        return "\n".join(f"{f['status']:8}{f['check']}  {f['text']}" for f in self.findings)


def with_people(route):
    """The shipped route, with an integration for people: without one the doctor warns that nobody is told."""
    return route.replace("  - name: people\n",
                         "  - name: people\n    webhook_configs: [{url: 'http://127.0.0.1:9/people'}]\n")


def run(config_file, *arguments, timeout=150, environment=None):
    """With the binary of $CANARYD, as JSON."""
    return Diagnosis(subprocess.run(
        [os.environ["CANARYD"], "doctor", "--config", config_file, "--output", "json", *map(str, arguments)],
        capture_output=True, text=True, timeout=timeout, check=False, env=environment))
