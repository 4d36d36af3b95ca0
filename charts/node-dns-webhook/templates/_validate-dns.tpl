{{- define "ndw.validate.dns" -}}
{{- $dns := .Values.dns -}}
{{- if and $dns.clusterDNS $dns.clusterDNSService.name -}}
{{- fail (printf "dns.clusterDNS is %s and dns.clusterDNSService.name is %s: give one of the two" (join ", " $dns.clusterDNS) $dns.clusterDNSService.name) -}}
{{- end -}}
{{- $local := list -}}
{{- range $dns.localAddresses -}}
{{- $address := include "ndw.address" . -}}
{{- if regexMatch "^(0\\.|127\\.|22[4-9]\\.|23[0-9]\\.|255\\.|(0:){7}[01]$|ff..:|fe[89ab].:)" $address -}}
{{- fail (printf "dns.localAddresses has %s, an address that no pod can ask: take one such as 169.254.20.10 or fd00:20::10" .) -}}
{{- end -}}
{{- $local = append $local $address -}}
{{- end -}}
{{- range concat $dns.localAddresses $dns.clusterDNS -}}
{{- if ne (contains ":" .) (contains ":" (include "ndw.address" .)) -}}
{{- $key := has . $dns.localAddresses | ternary "dns.localAddresses" "dns.clusterDNS" -}}
{{- fail (printf "%s has %s, an IPv4 address written as an IPv6 one, which no pod may have as a nameserver: write %s" $key . (include "ndw.address" .)) -}}
{{- end -}}
{{- end -}}
{{- if and (eq (len $local) 2) (eq (contains ":" (first $local)) (contains ":" (last $local))) -}}
{{- fail (printf "dns.localAddresses is %s, two addresses of one family: give one, or one IPv4 and one IPv6" (join ", " $dns.localAddresses)) -}}
{{- end -}}
{{- range $dns.clusterDNS -}}
{{- $address := include "ndw.address" . -}}
{{- if regexMatch "^(0\\.|127\\.|22[4-9]\\.|23[0-9]\\.|255\\.|(0:){7}[01]$|ff..:)" $address -}}
{{- fail (printf "dns.clusterDNS has %s, which is no address of a Service: give the ClusterIP of cluster DNS" .) -}}
{{- end -}}
{{- if has $address $local -}}
{{- fail (printf "dns.clusterDNS has %s, which is also in dns.localAddresses: the cache would ask itself; give the ClusterIP of cluster DNS" .) -}}
{{- end -}}
{{- end -}}
{{- with include "ndw.knownClusterDNS" . | splitList "," | compact -}}
{{- if not (or (contains "." (join "" .)) (contains ":" (join "" $local))) -}}
{{- fail (printf "dns.localAddresses is %s and cluster DNS is IPv6 (%s): its pods reach no IPv4 address; add one such as fd00:20::10" (join ", " $dns.localAddresses) (join ", " .)) -}}
{{- end -}}
{{- if not (or (contains ":" (join "" .)) (contains "." (join "" $local))) -}}
{{- fail (printf "dns.localAddresses is %s and cluster DNS is IPv4 (%s): its pods reach no IPv6 address; add one such as 169.254.20.10" (join ", " $dns.localAddresses) (join ", " .)) -}}
{{- end -}}
{{- end -}}
{{- if and (has "none" $dns.hostSearches) (gt (len $dns.hostSearches) 1) -}}
{{- fail (printf "dns.hostSearches is %s: none means no domain and stands alone" (join ", " $dns.hostSearches)) -}}
{{- end -}}
{{- range $name, $value := $dns.options -}}
{{- if not (regexMatch "^[a-z0-9-]+$" $name) -}}
{{- fail (printf "dns.options has %q, which is no name of a resolver option: write it as resolv.conf(5) does" $name) -}}
{{- end -}}
{{- if regexMatch "[,: \\n]" (kindIs "invalid" $value | ternary "" (toString $value)) -}}
{{- fail (printf "dns.options.%s is %q: a value is one word" $name (toString $value)) -}}
{{- end -}}
{{- $text := kindIs "invalid" $value | ternary "" (include "ndw.scalar" $value) -}}
{{- $range := get (dict "ndots" (list 0 15) "timeout" (list 1 30) "attempts" (list 1 5)) $name -}}
{{- if $range -}}
{{- if not (and (regexMatch "^[0-9]{1,9}$" $text) (ge (atoi (trimPrefix "0" $text | default "0")) (first $range)) (le (atoi (trimPrefix "0" $text | default "0")) (last $range))) -}}
{{- fail (printf "dns.options.%s is %q: expected %d to %d" $name $text (first $range) (last $range)) -}}
{{- end -}}
{{- else if and $text (has $name (include "ndw.knownOptions" $ | fromYamlArray)) -}}
{{- fail (printf "dns.options.%s is %q: this option has no value; write \"\"" $name $text) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Resolver options that libcs document, as a YAML list. */}}
{{- define "ndw.knownOptions" -}}
[attempts, debug, edns0, inet6, ndots, no-aaaa, no-check-names, no-reload, no-tld-query, rotate, single-request, single-request-reopen, timeout, trust-ad, use-vc]
{{- end -}}
