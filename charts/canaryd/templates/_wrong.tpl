{{/* What the schema cannot say. Each mistake is a line, which names the value and what was expected. */}}
{{- define "canaryd.wrong" -}}
{{- range list "Objects" "TLS" "Clients" "AlertmanagerConfig" "Config" "WithoutCluster" }}
{{- include (print "canaryd.wrong" .) $ }}
{{- end }}
{{- end }}

{{- define "canaryd.wrongObjects" -}}
{{- $name := include "canaryd.fullname" . }}
{{- $policy := .Values.admissionPolicy }}
{{- if not .Values.image.repository }}
image.repository: where you pushed the image, such as registry.example.com/canaryd
{{- end }}
{{- if not (regexMatch "^[a-z][-a-z0-9]*$" $name) }}
fullnameOverride: a name for the objects of this release, since {{ $name }} cannot be a Service's: letters, digits and "-", a letter first
{{- end }}
{{- if not (or .Values.serviceAccount.create .Values.serviceAccount.name) }}
serviceAccount.name: the name of one that is there, since serviceAccount.create is false
{{- end }}
{{- if and .Values.namespaces (eq $policy.mode "always") }}
admissionPolicy.mode: always, and yet namespaces is set: the policy is cluster-wide; install it by its own
{{- end }}
{{- if and (has "Deny" $policy.validationActions) (has "Warn" $policy.validationActions) }}
admissionPolicy.validationActions: Deny or Warn, since Kubernetes takes one of the two
{{- end }}
{{- end }}

{{- define "canaryd.wrongTLS" -}}
{{- $tls := .Values.tls }}
{{- if eq $tls.source "existingSecret" }}
{{- if not $tls.existingSecret }}
tls.existingSecret: the name of a Secret, since tls.source is existingSecret
{{- end }}
{{- else if $tls.existingSecret }}
tls.source: existingSecret, since tls.existingSecret is {{ $tls.existingSecret }}; it is {{ $tls.source }}
{{- end }}
{{- with $tls.certManager }}
{{- if eq $tls.source "certManager" }}
{{- if not .issuerName }}
tls.certManager.issuerName: the name of an Issuer, since tls.source is certManager
{{- end }}
{{- $now := now }}
{{- if ge (mustDateModify .renewBefore $now).Unix (mustDateModify .duration $now).Unix }}
tls.certManager.renewBefore: less than tls.certManager.duration, {{ .duration }}; it is {{ .renewBefore }}
{{- end }}
{{- else if .issuerName }}
tls.source: certManager, since tls.certManager.issuerName is {{ .issuerName }}; it is {{ $tls.source }}
{{- end }}
{{- end }}
{{- if eq $tls.source "generated" }}
{{- with $tls.generated }}
{{- if ge (int .renewBeforeDays) (int .days) }}
tls.generated.renewBeforeDays: less than tls.generated.days, {{ .days }}; it is {{ .renewBeforeDays }}: each upgrade would make another certificate
{{- end }}
{{- if le (int .caDays) (int .days) }}
tls.generated.caDays: more than tls.generated.days, {{ .days }}; it is {{ .caDays }}: each upgrade would make another CA under Alertmanager's feet
{{- end }}
{{- end }}
{{- if $tls.publicCA }}
tls.publicCA: false, since tls.source is generated: that CA is known to nobody else
{{- end }}
{{- end }}
{{- end }}

{{- define "canaryd.wrongClients" -}}
{{- if and .Values.clients.certificates (not .Values.tls.clientCA.existingSecret) }}
tls.clientCA.existingSecret: needed by clients.certificates
{{- end }}
{{- $names := list }}
{{- $roles := list }}
{{- range concat .Values.clients.tokens (.Values.clients.certificates | default list) }}
{{- if has .name $names }}
clients: two are named {{ .name | quote }}
{{- end }}
{{- if and $.Values.namespaces .namespaces }}
{{- $known := list }}
{{- range .namespaces }}{{ if has . $.Values.namespaces }}{{ $known = append $known . }}{{ end }}{{ end }}
{{- if not $known }}
clients: {{ .name | quote }} is for {{ join ", " .namespaces | quote }}, expected one of namespaces at least: {{ join ", " $.Values.namespaces }}
{{- end }}
{{- end }}
{{- $names = append $names .name }}
{{- $roles = append $roles .role }}
{{- end }}
{{- if not (has "alert" $roles) }}
clients: at least one with the role alert, in tokens or certificates: Alertmanager is refused without it
{{- end }}
{{- end }}

{{- define "canaryd.wrongAlertmanagerConfig" -}}
{{- if include "canaryd.alertmanagerConfig" . }}
{{- $credentials := .Values.alertmanagerConfig.credentials }}
{{- $namespace := .Values.alertmanagerConfig.namespace | default .Release.Namespace }}
{{- range list "tokenSecret" "caSecret" }}
{{- $secret := index $credentials . }}
{{- if ne (empty $secret.name) (empty $secret.key) }}
alertmanagerConfig.credentials.{{ . }}: both name and key, or none of them
{{- end }}
{{- end }}
{{- if and .Values.tls.clientCA.existingSecret (not $credentials.clientCertificateSecret) }}
alertmanagerConfig.credentials.clientCertificateSecret: a Secret of the namespace {{ $namespace }} with tls.crt and tls.key, since tls.clientCA wants a certificate of each connection; or alertmanagerConfig.mode=never
{{- end }}
{{- if ne $namespace .Release.Namespace }}
{{- $client := include "canaryd.firstClient" (list . "alert") | fromJson }}
{{- if and $client.existingSecret (not $credentials.tokenSecret.name) }}
alertmanagerConfig.credentials.tokenSecret: a Secret of the namespace {{ $namespace }} with the token of {{ $client.name | quote }}: the chart copies there only what it made
{{- end }}
{{- if not (or $credentials.caSecret.name .Values.tls.publicCA (eq .Values.tls.source "generated")) }}
alertmanagerConfig.credentials.caSecret: a Secret of the namespace {{ $namespace }} with the CA of canaryd's certificate: the chart copies there only what it made
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{- define "canaryd.wrongConfig" -}}
{{- $config := .Values.config }}
{{- $name := include "canaryd.fullname" . }}
{{- with ($config.audit).witness }}
{{- if has .configmap (list (printf "%s-config" $name) (printf "%s-stop" $name) (printf "%s-state" $name) (printf "%s-dashboard" $name)) }}
config.audit.witness.configmap: a map of its own, not {{ .configmap }}, which canaryd would then be free to write
{{- end }}
{{- end }}
{{- range $key, $file := $config.prometheus }}
{{- if and (hasPrefix "/etc/canaryd/prometheus/" (toString $file)) (not $.Values.prometheus.existingSecret) }}
prometheus.existingSecret: the Secret with the file of config.prometheus.{{ $key }}, {{ $file }}
{{- end }}
{{- end }}
{{- if not ($config.prometheus).url }}
{{- range $config.policies }}
{{- if (.promotion).enabled }}
config.prometheus.url: needed by the policy {{ .name | quote }}, which promotes
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.audit.persistence }}
{{- $stop := (($config.audit).space).stop | default "128MiB" }}
{{- if and .enabled (le (include "canaryd.bytes" .size | int64) (include "canaryd.bytes" $stop | int64)) }}
audit.persistence.size: more than config.audit.space.stop, {{ $stop }}, below which nothing is begun; it is {{ .size }}
{{- end }}
{{- end }}
{{- end }}

{{- define "canaryd.wrongWithoutCluster" -}}
{{- if not (include "canaryd.hasCluster" .) }}
{{- $why := "cannot be made here: no cluster can be seen (helm template, Argo CD, --dry-run=client), and each sync would make another one under Alertmanager's feet." }}
{{- if eq .Values.tls.source "generated" }}
tls.source: a certificate {{ $why }} Set tls.source=certManager (cert-manager) or tls.source=existingSecret
{{- end }}
{{- range .Values.clients.tokens }}
{{- if not .existingSecret }}
clients.tokens: the token of {{ .name | quote }} {{ $why }} Set its existingSecret: {name, key}
{{- end }}
{{- end }}
{{- if and .Values.audit.signing.generate (not .Values.audit.signing.existingSecret) }}
audit.signing: a key {{ $why }} Set audit.signing.existingSecret, or audit.signing.generate=false
{{- end }}
{{- end }}
{{- end }}

{{/* The number of a size, of Kubernetes (10Gi) or of canaryd (128MiB). */}}
{{- define "canaryd.bytes" -}}
{{- $number := regexFind "^[0-9]+" . }}
{{- $unit := trimPrefix $number . | trimSuffix "B" }}
{{- $factors := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000 "P" 1000000000000000 }}
{{- mul $number (get $factors $unit | default 1) }}
{{- end }}
