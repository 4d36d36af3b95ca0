{{/*
An address in one spelling, as which addresses are compared: lower case, eight groups without leading zeros; an IPv4 address
that is written as an IPv6 one is the IPv4 one. Other texts stay. Use: include "ndw.address" text
*/}}
{{- define "ndw.address" -}}
{{- $text := lower . -}}
{{- if contains ":" $text -}}
{{- $sides := splitList "::" $text -}}
{{- $left := first $sides | splitList ":" | compact -}}
{{- $right := rest $sides | join "" | splitList ":" | compact -}}
{{- $groups := list -}}
{{- range $left -}}{{- $groups = append $groups (regexReplaceAll "^0+(.)" . "${1}") -}}{{- end -}}
{{- range until (sub 8 (add (len $left) (len $right)) | int) -}}{{- $groups = append $groups "0" -}}{{- end -}}
{{- range $right -}}{{- $groups = append $groups (regexReplaceAll "^0+(.)" . "${1}") -}}{{- end -}}
{{- $text = join ":" $groups -}}
{{- if hasPrefix "0:0:0:0:0:ffff:" $text -}}
{{- $numbers := list -}}
{{- range slice $groups 6 -}}{{- $number := int64 (printf "0x%s" .) -}}{{- $numbers = concat $numbers (list (div $number 256) (mod $number 256)) -}}{{- end -}}
{{- $text = join "." $numbers -}}
{{- end -}}
{{- end -}}
{{- $text -}}
{{- end -}}

{{/* The same of each of a list, as a JSON list. */}}
{{- define "ndw.addresses" -}}
{{- $all := list -}}
{{- range . -}}{{- $all = append $all (include "ndw.address" .) -}}{{- end -}}
{{- toJson $all -}}
{{- end -}}

{{/* The address of a server, in one spelling, without its scheme, port and name to check: of tls://[fd00::A]:853%ns.example. */}}
{{- define "ndw.serverAddress" -}}
{{- $server := regexReplaceAll "^(tls|dns)://|%.*$" . "" -}}
{{- $host := regexReplaceAll "^\\[(.*)\\](:[0-9]+)?$" $server "${1}" -}}
{{- include "ndw.address" (regexReplaceAll "^([0-9.]+):[0-9]+$" $host "${1}") -}}
{{- end -}}
