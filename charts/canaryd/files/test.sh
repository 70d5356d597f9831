# `helm test`: to each replica a notification about a service that is not there, and its record from the audit log.
# HOSTS and LABELS (of the alert, JSON) are set by the chart; ALERT_TOKEN, VIEW_TOKEN and CURL_TLS for trying it elsewhere.
set -eu
name=helm-test-$(date +%s)-$$
ask() {
  # shellcheck disable=SC2086
  curl -sS --max-time 15 ${CURL_TLS} "$@"
}
for host in $HOSTS; do
  now=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  alert='{"status":"firing","labels":'$LABELS',"annotations":{},"startsAt":"'$now'","endsAt":"0001-01-01T00:00:00Z","generatorURL":"","fingerprint":"'$(printf %016x "$(date +%s)")'"}'
  code=$(ask -o /dev/stderr -w '%{http_code}' -H "Authorization: Bearer $(cat "$ALERT_TOKEN")" -H 'Content-Type: application/json' \
    --data '{"version":"4","groupKey":"helm-test","truncatedAlerts":0,"status":"firing","receiver":"canaryd","groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"","alerts":['"$alert"']}' \
    "https://$host/webhooks/alertmanager?namespace=$NAMESPACE&inferenceservice=$name")
  if [ "$code" != 200 ]; then
    echo "FAILED: $host answered the notification with $code" >&2
    exit 1
  fi
  records=$(ask --fail-with-body -H "Authorization: Bearer $(cat "$VIEW_TOKEN")" "https://$host/api/v1/audit?since=-5m&name=$name")
  case $records in
    *"\"$name\""*) echo "ok: $host took the notification and has its record" ;;
    *)
      echo "FAILED: $host took the notification and has no record of $name: $records" >&2
      exit 1
      ;;
  esac
done
