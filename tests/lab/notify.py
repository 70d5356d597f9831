"""Notifications as Alertmanager sends them, and their delivery to a canaryd under test."""
import datetime
import hashlib
import json

from lab import net


def rfc3339(seconds_ago=0.0):
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds_ago)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def alert(service, revision=None, alertname="CanaryHighErrorRate", namespace="ml", status="firing", starts_at=None,
          value="0.31", **labels):
    """One alert; `revision=None`: an unattributed one. The fingerprint hashes the labels, as Alertmanager's does."""
    labels = {"alertname": alertname, "namespace": namespace, "inferenceservice": service, "severity": "critical",
              **labels}
    if revision:
        labels["revision"] = revision
    fingerprint = hashlib.sha256(json.dumps(labels, sort_keys=True).encode()).hexdigest()[:16]
    return {"status": status, "labels": labels, "annotations": {"value": value},
            "startsAt": starts_at or rfc3339(), "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else rfc3339(),
            "generatorURL": "http://prometheus/graph", "fingerprint": fingerprint}


def notification(alerts, truncated=0):
    return {"version": "4", "groupKey": "{}:{alertname=\"CanaryHighErrorRate\"}", "truncatedAlerts": truncated,
            "status": "firing", "receiver": "canaryd", "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {},
            "externalURL": "http://alertmanager", "alerts": alerts}


def deliver(daemon, context, alerts, truncated=0, query="", timeout=15):
    """POSTs to the webhook of a lab.daemon.Canaryd; returns the net.Answer."""
    headers = {"Authorization": "Bearer " + daemon.token_file.read_text().strip(), "Content-Type": "application/json"}
    return net.request("POST", daemon.webhook_url + query, notification(alerts, truncated), headers, context, timeout)
