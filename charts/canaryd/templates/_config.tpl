{{/* canaryd's configuration, as YAML. What the chart sets itself comes before what values say: the schema refuses both. */}}
{{- define "canaryd.config" -}}
{{- $values := .Values }}
{{- $config := deepCopy .Values.config }}
{{- $tls := dict "certificate" "/etc/canaryd/tls/tls.crt" "key" "/etc/canaryd/tls/tls.key" }}
{{- if $values.tls.clientCA.existingSecret }}
{{- $_ := set $tls "client_ca" (printf "/etc/canaryd/client-ca/%s" $values.tls.clientCA.key) }}
{{- end }}
{{- $tokens := list }}
{{- range $values.clients.tokens }}
{{- $tokens = append $tokens (set (omit . "existingSecret") "file" (printf "/etc/canaryd/tokens/%s" .name)) }}
{{- end }}
{{- $clients := dict }}
{{- with $tokens }}{{ $_ := set $clients "tokens" . }}{{ end }}
{{- with $values.clients.certificates }}{{ $_ := set $clients "certificates" . }}{{ end }}
{{- $_ := set $config "server" (dict "listen" (printf "%s:8443" $values.server.address) "max_connections" (int $values.server.maxConnections) "tls" $tls "clients" $clients) }}
{{- $_ := set $config "admin" (dict "listen" (printf "%s:8080" $values.server.address)) }}
{{- $_ := set $config "cluster" (dict "in_cluster" true "namespaces" ($values.namespaces | default list)) }}
{{- $_ := set $config "state" (dict "namespace" .Release.Namespace "name" (printf "%s-state" (include "canaryd.fullname" .))) }}
{{- $_ := set $config "stop_file" "/etc/canaryd/stop/stop" }}
{{- $audit := merge (dict "directory" "/var/lib/canaryd/audit") ($config.audit | default dict) (dict "origin" (include "canaryd.clusterName" .)) }}
{{- if include "canaryd.signing" . }}
{{- $files := list }}
{{- range $values.audit.signing.keys }}{{ $files = append $files (printf "/etc/canaryd/audit-key/%s" .) }}{{ end }}
{{- $_ := set $audit "key_files" $files }}
{{- end }}
{{- $_ := set $config "audit" $audit }}
{{- range $key, $value := $config }}{{ if not $value }}{{ $_ := unset $config $key }}{{ end }}{{ end }}
{{- /* canaryd wants its `off` without quotes; values have it with them, or as the `false` that YAML makes of it. */}}
{{- regexReplaceAll `(?m)^( *(?:- )?(?:max_size|error_margin|latency_seconds|[a-z_]+_ratio)): (?:"off"|false)$` (toYaml $config) "${1}: off" }}
{{- end }}

{{/* A hash of what a running canaryd does not take: the keys marked *restart* in docs/configuration.md, which
tests/chart/test_config.py holds this to. Everything else is reloaded, and restarts nothing. */}}
{{- define "canaryd.restartHash" -}}
{{- $config := include "canaryd.config" . | fromYaml }}
{{- $prometheus := $config.prometheus | default dict }}
{{- list ($config.log).format $config.server.listen $config.server.max_connections $config.admin $config.cluster $config.state
    (omit $config.audit "key_files" "keep" "keep_at_least" "max_size" "space" "redact")
    (omit $prometheus "allow_http") | toJson | sha256sum }}
{{- end }}
