{{- define "canaryd.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* 48, so that what is put behind it stays a valid name. */}}
{{- define "canaryd.fullname" -}}
{{- $name := include "canaryd.name" . }}
{{- $own := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) }}
{{- .Values.fullnameOverride | default $own | trunc 48 | trimSuffix "-" }}
{{- end }}

{{/* Of objects without a namespace. A namespace has no dot, so two releases never share it. */}}
{{- define "canaryd.clusterName" -}}
{{ include "canaryd.fullname" . }}.{{ .Release.Namespace }}
{{- end }}

{{/* What PodMonitor, Services and policies select by. canaryd's name is fixed: the shipped scrapes look for it. */}}
{{- define "canaryd.selectorLabels" -}}
app.kubernetes.io/name: {{ include "canaryd.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: daemon
{{- end }}

{{- define "canaryd.commonLabels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/name: {{ include "canaryd.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: canaryd
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The common labels, and above them those by which somebody else selects the object: (list $ LABELS) */}}
{{- define "canaryd.labelsWith" -}}
{{- merge (dict) (index . 1 | default dict) (include "canaryd.commonLabels" (index . 0) | fromYaml) | toYaml }}
{{- end }}

{{- define "canaryd.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (include "canaryd.fullname" .) }}
{{- end }}

{{- define "canaryd.image" -}}
{{- with .Values.image -}}
{{ .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{/* "true" where the cluster can be asked. `helm template`, and so Argo CD, cannot. The release's own namespace first,
which a person without rights elsewhere may see; with --create-namespace it is not there yet. */}}
{{- define "canaryd.hasCluster" -}}
{{- if lookup "v1" "Namespace" "" .Release.Namespace }}true{{ else if lookup "v1" "Namespace" "" "default" }}true{{ end }}
{{- end }}

{{/* "true" for `always`, and for `auto` where the cluster knows `api`: (list $ MODE API) */}}
{{- define "canaryd.on" -}}
{{- $root := index . 0 }}
{{- if eq (index . 1) "always" }}true{{ else if and (eq (index . 1) "auto") ($root.Capabilities.APIVersions.Has (index . 2)) }}true{{ end }}
{{- end }}

{{/* Whether the admission policy is installed. Objects without a namespace are nothing for a namespaced install. */}}
{{- define "canaryd.admissionPolicy" -}}
{{- $mode := .Values.admissionPolicy.mode }}
{{- if and (eq $mode "auto") .Values.namespaces }}{{ else }}
{{- include "canaryd.on" (list . $mode "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy") }}
{{- end }}
{{- end }}

{{/* The ConfigMaps that canaryd writes, a JSON list. */}}
{{- define "canaryd.ownMaps" -}}
- {{ include "canaryd.fullname" . }}-state
{{- with ((.Values.config.audit).witness).configmap }}
- {{ . }}
{{- end }}
{{- end }}

{{/* The webhook of each replica, by its pod's name: `url`s, separated by spaces. */}}
{{- define "canaryd.podHosts" -}}
{{- $name := include "canaryd.fullname" . }}
{{- range $i := until (int .Values.replicas) }}{{ if $i }} {{ end }}{{ $name }}-{{ $i }}.{{ $name }}.{{ $.Release.Namespace }}.svc{{ end }}
{{- end }}

{{/* What the certificate must be good for. The wildcard is for pods, however many there are. */}}
{{- define "canaryd.dnsNames" -}}
{{- $name := include "canaryd.fullname" . }}
{{- range $host := list (printf "*.%s" $name) (printf "%s-api" $name) }}
- {{ printf "%s.%s.svc" $host $.Release.Namespace | quote }}
- {{ printf "%s.%s.svc.cluster.local" $host $.Release.Namespace | quote }}
{{- end }}
- localhost
{{- range .Values.tls.extraNames }}
- {{ . | quote }}
{{- end }}
{{- end }}

{{- define "canaryd.tlsSecret" -}}
{{- if eq .Values.tls.source "existingSecret" }}{{ .Values.tls.existingSecret }}{{ else }}{{ include "canaryd.fullname" . }}-tls{{ end }}
{{- end }}

{{/* The Secret and key of a token: (list $ CLIENT), as JSON. */}}
{{- define "canaryd.tokenSource" -}}
{{- $root := index . 0 }}
{{- $client := index . 1 }}
{{- with $client.existingSecret }}{{ toJson . }}{{ else }}{{ dict "name" (printf "%s-tokens" (include "canaryd.fullname" $root)) "key" $client.name | toJson }}{{ end }}
{{- end }}

{{/* The first token client with a role: (list $ ROLE), as JSON; {} without one. */}}
{{- define "canaryd.firstClient" -}}
{{- $role := index . 1 }}
{{- $found := dict }}
{{- range (index . 0).Values.clients.tokens }}{{ if and (eq .role $role) (not $found) }}{{ $found = . }}{{ end }}{{ end }}
{{- toJson $found }}
{{- end }}

{{- define "canaryd.signing" -}}
{{- with .Values.audit.signing }}{{ if or .existingSecret .generate }}true{{ end }}{{ end }}
{{- end }}

{{- define "canaryd.alertmanagerConfig" -}}
{{- include "canaryd.on" (list . .Values.alertmanagerConfig.mode "monitoring.coreos.com/v1alpha1/AlertmanagerConfig") }}
{{- end }}

{{- define "canaryd.monitoring" -}}
{{- include "canaryd.on" (list . .Values.monitoring.mode "monitoring.coreos.com/v1/PrometheusRule") }}
{{- end }}

{{/* "true" where `helm test` has all that it needs: a client that alerts, one that reads, a certificate where one is asked for. */}}
{{- define "canaryd.hasTest" -}}
{{- $alert := include "canaryd.firstClient" (list . "alert") | fromJson }}
{{- $view := include "canaryd.firstClient" (list . "view") | fromJson }}
{{- if and .Values.test.enabled $alert $view (or (not .Values.tls.clientCA.existingSecret) .Values.test.clientCertificateSecret) }}true{{ end }}
{{- end }}

{{- define "canaryd.testLabels" -}}
app.kubernetes.io/name: {{ include "canaryd.name" . }}-test
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
