"""Values that cannot work are refused, with a message that names the value and what was expected."""
import unittest

from chart import helm
from chart.helm import CHART, PLAIN

SECRET = {"name": "a", "key": "b"}
CERT_MANAGER = {"tls.source": "certManager", "tls.existingSecret": "", "tls.certManager.issuerName": "internal-ca"}
ROUTED = {"alertmanagerConfig.mode": "always"}
# (values, what the message must hold)
REFUSED = [
    ({"replica": 2}, "'replica'"),
    ({"image.repo": "a"}, ["/image", "'repo'"]),
    ({"config.max_rollbacks": 2}, ["/config", "'max_rollbacks'"]),
    ({"config.server": {}}, ["/config", "'server'"]),
    ({"config.audit.directory": "/data"}, ["/config/audit", "'directory'"]),
    ({"config.policies": [{"name": "a", "promotoin": {}}]}, ["/config/policies/0", "'promotoin'"]),
    ({"config.policies": [{"name": "a", "thresholds": {"error_ratio": 5}}]}, "/config/policies/0/thresholds/error_ratio"),
    ({"config.policies": [{"name": "a", "thresholds": {"error_ratio": True}}]}, "/config/policies/0/thresholds/error_ratio"),
    ({"config.policies": [{"name": "a", "promotion": {"dwell": "10"}}]}, "/config/policies/0/promotion/dwell"),
    ({"config.policies": [{"name": "a", "promotion": {"freeze": [{"days": ["monday"]}]}}]}, "/freeze/0/days/0"),
    ({"config.policies": [{"mode": "observe"}]}, ["/config/policies/0", "'name'"]),
    ({"config.alerts": [{"matchers": []}]}, "/config/alerts/0"),
    ({"config.alerts": [{"matchers": ["a=b"], "action": "rolback"}]}, "/config/alerts/0/action"),
    ({"config.log.level": "trace"}, "/config/log/level"),
    ({"config.audit.max_size": "1GB"}, "/config/audit/max_size"),
    ({"config.prometheus.url": "prometheus:9090"}, "/config/prometheus/url"),
    ({"replicas": "2"}, "/replicas"),
    ({"replicas": 0}, "/replicas"),
    ({"namespaces": ["ML"]}, "/namespaces/0"),
    ({"namespaces": "ml"}, "/namespaces"),
    ({"tls.source": "self-signed"}, "/tls/source"),
    ({"tls.existingSecret": "Not_A_Name"}, "/tls/existingSecret"),
    ({"tls.generated.days": 0}, "/tls/generated/days"),
    ({"clients.tokens": [{"name": "a", "role": "admin"}]}, "/clients/tokens/0/role"),
    ({"clients.tokens": [{"name": "a/b", "role": "view"}]}, "/clients/tokens/0/name"),
    ({"clients.tokens": [{"name": "a", "role": "view", "existingSecret": "b"}]}, "/clients/tokens/0/existingSecret"),
    ({"clients.tokens": [{"name": "a", "role": "view", "token": "b"}]}, ["/clients/tokens/0", "'token'"]),
    ({"clients.certificates": [{"name": "a", "role": "alert", "san": "alertmanager"}]}, "/clients/certificates/0/san"),
    ({"image.digest": "sha256:12"}, "/image/digest"),
    ({"image.pullPolicy": "always"}, "/image/pullPolicy"),
    ({"admissionPolicy.mode": "on"}, "/admissionPolicy/mode"),
    ({"admissionPolicy.mode": True}, "/admissionPolicy/mode"),
    ({"admissionPolicy.validationActions": ["deny"]}, "/admissionPolicy/validationActions/0"),
    ({"monitoring.sources": ["istio"]}, "/monitoring/sources/0"),
    ({"monitoring.interval": 5}, "/monitoring/interval"),
    ({"monitoring.interval": "1s"}, "/monitoring/interval"),
    ({"networkPolicy.alertmanager": []}, "/networkPolicy/alertmanager"),
    ({"networkPolicy.prometheus": []}, "/networkPolicy/prometheus"),
    ({"networkPolicy.alertmanager": None}, ["/networkPolicy", "'alertmanager'"]),
    ({"alertmanagerConfig": None}, "missing property 'alertmanagerConfig'"),
    ({"networkPolicy.apiServerCIDRs": ["10.0.0.1"]}, "/networkPolicy/apiServerCIDRs/0"),
    ({"audit.persistence.size": "10GB"}, "/audit/persistence/size"),
    ({"audit.persistence.size": "10K"}, "/audit/persistence/size"),
    ({"audit.signing.keys": []}, "/audit/signing/keys"),
    ({"server.address": "localhost"}, "/server/address"),
    ({"server.address": "127.0.0.1"}, ["/server/address", "'0.0.0.0'"]),
    ({"fullnameOverride": "a" * 49}, "/fullnameOverride"),
    ({"nameOverride": "a" * 59}, "/nameOverride"),
    ({"image.repository": "registry.example.com/canaryd:0.1.0"}, "/image/repository"),
    ({"image.tag": "sha256:12"}, "/image/tag"),
    ({"test.image.tag": ""}, "/test/image/tag"),
    ({"tls.extraNames": ["https://canaryd.example.com"]}, "/tls/extraNames/0"),
    ({"tls.extraNames": ["192.0.2.1"]}, "/tls/extraNames/0"),
    ({"terminationGracePeriodSeconds": 0}, "/terminationGracePeriodSeconds"),
    ({"commonLabels.a": 1}, "/commonLabels/a"),
    ({"commonLabels": {"app.kubernetes.io/name": "models"}}, "/commonLabels/app.kubernetes.io~1name"),
    ({"podLabels": {"app.kubernetes.io/component": "model"}}, "/podLabels/app.kubernetes.io~1component"),
    ({"podAnnotations.a": True}, "/podAnnotations/a"),
    ({"podAnnotations": {"checksum/restart": "1"}}, "/podAnnotations/checksum~1restart"),
    # Beyond the schema: together they make no sense.
    ({"image.repository": ""}, "image.repository"),
    ({"tls.existingSecret": ""}, "tls.existingSecret"),
    ({"tls.source": "certManager"}, "tls.certManager.issuerName"),
    ({"tls.existingSecret": "mine", "tls.source": "generated"}, "tls.source: existingSecret"),
    ({"tls.certManager.issuerName": "internal-ca"}, "tls.source: certManager"),
    ({**CERT_MANAGER, "tls.certManager.renewBefore": "2160h"}, ["tls.certManager.renewBefore", "duration, 2160h; it is 2160h"]),
    ({**CERT_MANAGER, "tls.certManager.duration": "90m"}, ["tls.certManager.renewBefore", "duration, 90m; it is 720h"]),
    ({"tls.source": "generated", "tls.publicCA": True}, "tls.publicCA"),
    ({"tls.source": "generated", "tls.generated.caDays": 730}, ["tls.generated.caDays", "days, 730; it is 730"]),
    ({"tls.source": "generated", "tls.generated.days": 365}, ["tls.generated.renewBeforeDays", "days, 365; it is 365"]),
    ({"clients.tokens": []}, "clients: at least one with the role alert"),
    ({"clients.tokens[0].role": "view"}, "clients: at least one with the role alert"),
    ({"namespaces": ["ml"], "clients.tokens[0].namespaces": ["team-a"]}, ['"alertmanager"', '"team-a"', "namespaces at least: ml"]),
    ({"clients.tokens": [{"name": "a", "role": "view", "existingSecret": SECRET},
                         {"name": "a", "role": "alert", "existingSecret": SECRET}]}, 'two are named "a"'),
    ({"clients.certificates": [{"name": "a", "role": "alert", "san": "dns:a"}]}, "tls.clientCA.existingSecret"),
    ({"namespaces": ["ml"], "admissionPolicy.mode": "always"}, "admissionPolicy.mode"),
    ({"admissionPolicy.validationActions": ["Deny", "Warn"]}, "admissionPolicy.validationActions"),
    ({"serviceAccount.create": False}, "serviceAccount.name"),
    ({**ROUTED, "tls.clientCA.existingSecret": "internal-ca"},
     ["alertmanagerConfig.credentials.clientCertificateSecret", "the namespace canaryd"]),
    ({**ROUTED, "alertmanagerConfig.namespace": "monitoring"},
     ["alertmanagerConfig.credentials.tokenSecret", "alertmanagerConfig.credentials.caSecret", "the namespace monitoring"]),
    ({**ROUTED, **CERT_MANAGER, "alertmanagerConfig.namespace": "monitoring"}, "alertmanagerConfig.credentials.caSecret"),
    ({**ROUTED, "alertmanagerConfig.credentials.caSecret.name": "ca"}, "alertmanagerConfig.credentials.caSecret: both"),
    ({"audit.persistence.size": "128Mi"}, ["audit.persistence.size", "stop, 128MiB", "it is 128Mi"]),
    ({"audit.persistence.size": "1G", "config.audit.space": {"stop": "1GiB"}}, ["audit.persistence.size", "stop, 1GiB"]),
    ({"config.prometheus": {"ca_file": "/etc/canaryd/prometheus/ca.crt"}}, ["prometheus.existingSecret", "ca_file"]),
    ({"config.audit": {"witness": {"configmap": "canaryd-config"}}}, "config.audit.witness.configmap"),
    ({"config.audit": {"witness": {"configmap": "canaryd-stop"}}}, "config.audit.witness.configmap"),
    ({"config.audit": {"witness": {"configmap": "canaryd-dashboard"}}}, "config.audit.witness.configmap"),
    ({"config.policies": [{"name": "ml", "promotion": {"enabled": True}}]}, "config.prometheus.url"),
    ({"config.alerts": [{"matchers": ["CanaryDown"], "action": "hold"}], "alertmanagerConfig.mode": "always"}, "config.alerts"),
    # Without a cluster no secret is made: it would be another one with each sync.
    ({"tls.source": "generated"}, ["tls.source", "cert-manager", "existingSecret"]),
    ({"clients.tokens": [{"name": "prod", "role": "alert"}]}, ["clients.tokens", '"prod"', "existingSecret"]),
    ({"audit.signing.existingSecret": ""}, ["audit.signing.existingSecret", "generate=false"]),
]


class Refused(unittest.TestCase):
    def test_what_is_wrong_is_named(self):
        for changes, words in REFUSED:
            with self.subTest(changes):
                done = helm.template(PLAIN, changes, check=False)
                self.assertNotEqual(done.returncode, 0)
                for word in [words] if isinstance(words, str) else words:
                    self.assertIn(word, done.stderr)

    def test_a_release_whose_name_is_none_for_a_service_wants_another(self):
        for release in ("1st", "my.canaryd"):
            done = helm.run("template", release, CHART, f"--values={PLAIN}", check=False)
            self.assertIn("fullnameOverride: a name", done.stderr)
            helm.run("template", release, CHART, f"--values={PLAIN}", *helm.values({"fullnameOverride": "canaryd"}))

    def test_several_mistakes_are_told_at_once(self):
        done = helm.run("template", "canaryd", CHART, check=False)
        for word in ("image.repository", "tls.source", 'the token of "alertmanager"', 'the token of "view"', "audit.signing"):
            self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
