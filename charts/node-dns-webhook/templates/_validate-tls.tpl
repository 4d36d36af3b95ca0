{{- define "ndw.validate.tls" -}}
{{- $tls := .Values.tls -}}
{{- $mode := $tls.mode -}}
{{- if and (eq $mode "existingSecret") (not $tls.existingSecret) -}}
{{- fail "tls.mode is existingSecret and tls.existingSecret is empty: name the Secret" -}}
{{- end -}}
{{- if ne $mode "existingSecret" -}}
{{- with $tls.existingSecret -}}
{{- fail (printf "tls.existingSecret is %s and tls.mode is %s, which does not use it: set tls.mode=existingSecret, or leave tls.existingSecret empty" . $mode) -}}
{{- end -}}
{{- with $tls.caBundle -}}
{{- fail (printf "tls.caBundle is given and tls.mode is %s, which does not use it: set tls.mode=existingSecret, or leave tls.caBundle empty" $mode) -}}
{{- end -}}
{{- end -}}
{{- $given := compact (list $tls.helm.caCertificate $tls.helm.certificate $tls.helm.privateKey) -}}
{{- if and $given (ne $mode "helm") -}}
{{- $keys := list -}}
{{- range list "caCertificate" "certificate" "privateKey" -}}{{- if get $tls.helm . -}}{{- $keys = append $keys (printf "tls.helm.%s" .) -}}{{- end -}}{{- end -}}
{{- fail (printf "%s is given and tls.mode is %s, which does not use it: set tls.mode=helm, or leave it empty" (join " and " $keys) $mode) -}}
{{- end -}}
{{- if has (len $given) (list 1 2) -}}
{{- fail "tls.helm.caCertificate, tls.helm.certificate and tls.helm.privateKey belong together and some are empty: give all three, or none" -}}
{{- end -}}
{{- range $key, $begins := dict "caCertificate" "CERTIFICATE" "certificate" "CERTIFICATE" "privateKey" "PRIVATE KEY" -}}
{{- with get $tls.helm $key -}}
{{- if not (regexMatch (printf "-----BEGIN [A-Z ]*%s-----" $begins) .) -}}
{{- fail (printf "tls.helm.%s is no PEM text: expected -----BEGIN %s-----" $key $begins) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- with $tls.certManager.issuerRef -}}
{{- if not .name -}}
{{- fail "tls.certManager.issuerRef has no name: name the issuer, or leave issuerRef empty" -}}
{{- end -}}
{{- if ne $mode "certManager" -}}
{{- fail (printf "tls.certManager.issuerRef is %s and tls.mode is %s, which does not use it: set tls.mode=certManager, or leave issuerRef empty" .name $mode) -}}
{{- end -}}
{{- end -}}
{{- if eq $mode "certManager" -}}
{{- $manager := $tls.certManager -}}
{{- if ge (trimSuffix "h" $manager.renewBefore | atoi) (trimSuffix "h" $manager.duration | atoi) -}}
{{- fail (printf "tls.certManager.renewBefore is %s, not less than tls.certManager.duration, %s: cert-manager takes no such Certificate; lower renewBefore" $manager.renewBefore $manager.duration) -}}
{{- end -}}
{{- if and (not $manager.issuerRef) (lt (trimSuffix "h" $manager.caDuration | atoi) (trimSuffix "h" $manager.duration | atoi)) -}}
{{- fail (printf "tls.certManager.caDuration is %s, less than tls.certManager.duration, %s: the leaf would outlive its CA; raise caDuration" $manager.caDuration $manager.duration) -}}
{{- end -}}
{{- /* What Helm knows of the cluster's kinds tells a cluster from helm template, which has no kinds, without a look. */ -}}
{{- $kinds := .Capabilities.APIVersions -}}
{{- if and ($kinds.Has "v1/Pod") (not ($kinds.Has "cert-manager.io/v1/Certificate")) -}}
{{- fail "tls.mode is certManager and this cluster has no cert-manager (cert-manager.io/v1): install it, or --set tls.mode=helm, or tls.mode=existingSecret" -}}
{{- end -}}
{{- end -}}
{{- end -}}
