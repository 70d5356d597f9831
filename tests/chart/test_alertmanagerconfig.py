"""The AlertmanagerConfig says what `canaryd route print` says; and what becomes of it in Alertmanager's own configuration, as
prometheus-operator makes it, is judged by amtool and by `canaryd route check`."""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

from chart import helm
from chart.helm import CHART
from lab.cluster import tools

ON = {"alertmanagerConfig.mode": "always"}
MATCHERS = (r'alertname=~"Canary\w+"', r'host=~"a\.b|c\\d"', r'title="a \"b\" c"', r'text="two\nlines"', r'path="C:\\x"',
            r'plain = bare', r'regex=~a\d+', r'left!="\\"', 'empty=""', 'umlaut="\u00fc"')
FILES = {"shipped alerts": CHART / "ci/cert-manager-values.yaml", "alerts of one's own": CHART / "ci/everything-values.yaml"}


def snake(key):
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in key)


def route(ours, prefix):
    """A route of an AlertmanagerConfig as the operator writes it into Alertmanager's configuration."""
    out = {snake(key): value for key, value in ours.items()}
    out["receiver"] = prefix + out["receiver"]
    if "matchers" in out:
        out["matchers"] = [f"{m['name']}{m['matchType']}{json.dumps(m['value'], ensure_ascii=False)}" for m in out["matchers"]]
    if "routes" in out:
        out["routes"] = [route(one, prefix) for one in out["routes"]]
    return out


def receiver(ours, prefix):
    hooks = []
    for hook in ours.get("webhookConfigs", []):
        http = hook["httpConfig"]
        out = {"url": hook["url"], "send_resolved": hook["sendResolved"], "max_alerts": hook["maxAlerts"],
               "http_config": {"follow_redirects": http["followRedirects"], "tls_config": {"ca_file": "/dev/null"}}}
        if "authorization" in http:
            out["http_config"]["authorization"] = {"type": "Bearer", "credentials": "x"}
        if "cert" in http["tlsConfig"]:
            out["http_config"]["tls_config"].update(cert_file="/dev/null", key_file="/dev/null")
        hooks.append(out)
    return {"name": prefix + ours["name"], **({"webhook_configs": hooks} if hooks else {})}


def by_the_operator(config, strategy):
    """alertmanager.yml: its routes first, with `continue` and, unless the strategy is None, its namespace's matcher."""
    namespace, name = config["metadata"]["namespace"], config["metadata"]["name"]
    prefix = f"{namespace}/{name}/"
    first = {**route(config["spec"]["route"], prefix), "continue": True}
    if strategy == "OnNamespace":
        first["matchers"] = [*first.get("matchers", []), f'namespace="{namespace}"']
    return {"route": {"receiver": "people", "routes": [first, {"receiver": "people"}]},
            "receivers": [{"name": "people", "webhook_configs": [{"url": "http://pager/"}]},
                          *(receiver(one, prefix) for one in config["spec"]["receivers"])]}


class AlertmanagerConfig(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="canaryd-routes-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def rendered(self, file, changes=None):
        found = helm.objects(file, {**ON, **(changes or {})})
        self.config_file = self.folder / "canaryd.yaml"
        self.config_file.write_text(helm.configuration(found))
        return helm.one(found, "AlertmanagerConfig")

    def write(self, config, strategy):
        file = self.folder / "alertmanager.yml"
        file.write_text(json.dumps(by_the_operator(config, strategy)))
        return file

    def check(self, file, *arguments):
        code, findings = self.findings(file, *arguments)
        return code, {finding["code"] for finding in findings}

    def findings(self, file, *arguments):
        done = subprocess.run([os.environ["CANARYD"], "route", "check", file, "--config", self.config_file, "--output", "json",
                               *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        return done.returncode, json.loads(done.stdout)["findings"]

    def printed(self, urls):
        """What `canaryd route print` says of the configuration that was rendered."""
        return helm.read_yaml(subprocess.run(
            [os.environ["CANARYD"], "route", "print", "--config", self.config_file,
             *[word for url in urls for word in ("--url", url)]],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout)[0]

    def test_each_matcher_is_the_one_that_canaryd_reads(self):
        alerts = [{"matchers": [matcher], "action": "rollback"} for matcher in MATCHERS]
        config = self.rendered(FILES["shipped alerts"], {"config.alerts": alerts})
        routes = config["spec"]["route"]["routes"]
        ours = [matcher for one in routes for matcher in route(one, "").get("matchers", [])]
        theirs = [matcher for one in self.printed(["https://x/"])["route"]["routes"] for matcher in one.get("matchers", [])]
        for matcher in MATCHERS:
            name = re.match(r"\w+", matcher)[0]
            with self.subTest(matcher):
                self.assertEqual([one for one in ours if one.startswith(name)], [one for one in theirs if one.startswith(name)])
                self.assertIn(name, "".join(ours))

    def test_a_matcher_that_canaryd_cannot_read_is_refused(self):
        for matcher in ('a="x', 'a="x" , b="y"', 'a=x"y', r'a="x\"', "no operator"):
            with self.subTest(matcher):
                alerts = [{"matchers": [matcher], "action": "rollback"}]
                done = helm.template(FILES["shipped alerts"], {**ON, "config.alerts": alerts}, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("config.alerts: the matcher", done.stderr)

    def test_its_routes_are_those_of_canaryd_route_print(self):
        for what, file in FILES.items():
            with self.subTest(what):
                config = self.rendered(file)
                urls = [hook["url"] for hook in config["spec"]["receivers"][1]["webhookConfigs"]]
                printed = self.printed(urls)
                theirs = [dict(one) for one in printed["route"]["routes"][:-1]]
                ours = [route(one, "") for one in config["spec"]["route"]["routes"]]
                for mine, their in zip(ours, theirs, strict=True):
                    left_out, wanted = mine.pop("routes", []), their.pop("routes", [])
                    self.assertEqual(mine, their)
                    for child in wanted:
                        self.assertIn(child, left_out)
                hooks = next(r for r in printed["receivers"] if r["name"] == "canaryd")["webhook_configs"]
                self.assertEqual([hook["url"] for hook in hooks], urls)
                for hook, own in zip(hooks, config["spec"]["receivers"][1]["webhookConfigs"], strict=True):
                    self.assertEqual((hook["send_resolved"], hook["max_alerts"], hook["http_config"]["follow_redirects"]),
                                     (own["sendResolved"], own["maxAlerts"], own["httpConfig"]["followRedirects"]))

    def test_each_replica_is_an_entry_by_its_pods_name(self):
        config = self.rendered(FILES["alerts of one's own"])
        self.assertEqual([hook["url"] for hook in config["spec"]["receivers"][1]["webhookConfigs"]], [
            f"https://rollbacks-{i}.rollbacks.canaryd.svc:8443/webhooks/alertmanager" for i in range(2)])

    def test_alertmanager_takes_what_comes_of_it(self):
        for what, file in FILES.items():
            with self.subTest(what):
                written = self.write(self.rendered(file), "None")
                done = subprocess.run([tools() / "amtool", "check-config", written], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_alert_arrives_where_the_matcher_strategy_is_none(self):
        for what, file in FILES.items():
            with self.subTest(what):
                replicas = "2" if "own" in what else "1"
                code, findings = self.check(self.write(self.rendered(file), "None"), "--replicas", replicas)
                # The operator lets every first route continue: the main configuration has to leave these two out.
                self.assertEqual((code, findings - {"heartbeat_told", "advance_told", "depends_on_label"}), (0, set()))

    def test_the_operators_own_matcher_keeps_alerts_away(self):
        code, findings = self.check(self.write(self.rendered(FILES["shipped alerts"]), "OnNamespace"))
        self.assertEqual((code, "not_matched" in findings), (1, True), findings)

    def test_one_for_the_namespace_of_the_canaries_brings_all_but_the_heartbeat(self):
        there = {"tokenSecret": {"name": "canaryd-token", "key": "token"}, "caSecret": {"name": "canaryd-ca", "key": "ca.crt"}}
        changes = {"namespaces": ["ml"], "admissionPolicy.mode": "never", "alertmanagerConfig.namespace": "ml",
                   "alertmanagerConfig.credentials": there}
        code, findings = self.findings(self.write(self.rendered(FILES["shipped alerts"], changes), "OnNamespace"))
        kept = [finding["alerts"] for finding in findings if finding["severity"] == "error"]
        self.assertEqual((code, kept), (1, ["CanarydHeartbeat"]), findings)

    def test_in_another_namespace_it_reads_what_is_there(self):
        config = helm.one(helm.objects(CHART / "ci/namespaced-values.yaml"), "AlertmanagerConfig")
        self.assertEqual(config["metadata"]["namespace"], "monitoring")
        http = config["spec"]["receivers"][1]["webhookConfigs"][0]["httpConfig"]
        self.assertEqual(http["authorization"]["credentials"], {"name": "canaryd-token", "key": "token"})
        self.assertEqual(http["tlsConfig"]["ca"], {"secret": {"name": "canaryd-ca", "key": "ca.crt"}})


if __name__ == "__main__":
    unittest.main()
