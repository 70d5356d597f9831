#pragma once

#include <string>

// Bodies as Alertmanager sends them, and as others do.
namespace canaryd::alert::sample {

// A group with a firing and a resolved alert, whole as Alertmanager 0.34 writes it.
inline const std::string& payload() {
  static const std::string text = R"json({
  "receiver": "web\\.hook",
  "status": "firing",
  "alerts": [
    {
      "status": "firing",
      "labels": {
        "alertname": "CanaryHighErrorRate",
        "component": "predictor",
        "inferenceservice": "iris",
        "namespace": "ml",
        "percent": "5",
        "revision": "iris-predictor-00002",
        "severity": "critical"
      },
      "annotations": {
        "summary": "The canary iris-predictor-00002 answers 12 % errors",
        "value": "0.12"
      },
      "startsAt": "2026-08-01T12:03:05.431Z",
      "endsAt": "0001-01-01T00:00:00Z",
      "generatorURL": "http://prometheus:9090/graph?g0.expr=up&g0.tab=1",
      "fingerprint": "a1b2c3d4e5f60718"
    },
    {
      "status": "resolved",
      "labels": {"alertname": "CanaryFailing", "inferenceservice": "lily", "namespace": "ml"},
      "annotations": {},
      "startsAt": "2026-08-01T14:00:00+02:00",
      "endsAt": "2026-08-01T14:05:00+02:00",
      "generatorURL": "",
      "fingerprint": "00ff00ff00ff00ff"
    }
  ],
  "groupLabels": {"alertname": "CanaryHighErrorRate"},
  "commonLabels": {"namespace": "ml"},
  "commonAnnotations": {},
  "externalURL": "http://alertmanager:9093",
  "version": "4",
  "groupKey": "{}/{alertname=~\"Canary.*\"}:{alertname=\"CanaryHighErrorRate\"}",
  "truncatedAlerts": 0,
  "notification_reason": "new",
  "routeLabels": {"team": ["a", {"b": null}]}
})json";
  return text;
}

// `text` with the first `from` replaced by `to`. `from` must be in it.
inline std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace canaryd::alert::sample
