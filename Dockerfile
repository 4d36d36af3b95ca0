# Both images of the project: the program, and the shared libraries it loads. No shell, no package manager.
#
#   make images                                    (buildah, no registry: artifacts/images/{webhook,cache}.tar)
#   docker build --target webhook -t NAME:TAG .    (after make images, where docker is preferred)
#   docker build --target cache -t NAME:TAG .
#
# make images lays out the folders that are copied here, from artifacts/bin and the libraries of the machine.

FROM scratch AS webhook
COPY artifacts/images/rootfs/webhook/ /
ENV DOTNET_EnableDiagnostics=0
USER 65532:65532
EXPOSE 8443 9443
ENTRYPOINT ["/node-dns-webhook"]

# No USER: the chart's pods name theirs (guard 0, cache 65534), and node-cache's own manifest, where only the image is
# swapped, names none and expects uid 0.
FROM scratch AS cache
COPY artifacts/images/rootfs/cache/ /
ENV DOTNET_EnableDiagnostics=0
EXPOSE 53/udp 53/tcp
ENTRYPOINT ["/node-dns-cache"]
