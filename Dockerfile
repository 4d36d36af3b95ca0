# Every image of the project, from a clean clone:
#
#   docker buildx build --target cache .
#   make images                        (this same file by buildah, for where no registry is: artifacts/images/*.tar)
#
#   sdk ──▶ PROGRAM-root: the program, NativeAOT, cross-compiled ─┐
#   runtime ──▶ Debian packages: what it loads and runs ──────────┴──▶ scratch: no shell, no package manager
#
# A further program is two stages like those of cli, and a line in eng/image/program.
# glibc of RUNTIME_IMAGE must not be older than that of SDK_IMAGE. Nothing runs that is not of the machine that builds.

ARG SDK_IMAGE=mcr.microsoft.com/dotnet/sdk:10.0-noble
ARG RUNTIME_IMAGE=debian:trixie-slim

FROM --platform=$BUILDPLATFORM ${RUNTIME_IMAGE} AS runtime
ARG TARGETARCH
COPY eng/image/packages /eng/image/
RUN /eng/image/packages "$TARGETARCH" /packages

FROM --platform=$BUILDPLATFORM ${SDK_IMAGE} AS sdk
ARG TARGETARCH
WORKDIR /source
COPY eng/image/toolchain eng/image/
RUN eng/image/toolchain "$TARGETARCH"
COPY . .
COPY --from=runtime /packages /packages

FROM sdk AS webhook-root
ARG TARGETARCH
ARG VERSION
ARG REVISION
ARG SOURCE_DATE_EPOCH
RUN --mount=type=cache,target=/nuget eng/image/root webhook "$TARGETARCH" /packages /root-of-image

FROM sdk AS cache-root
ARG TARGETARCH
ARG VERSION
ARG REVISION
ARG SOURCE_DATE_EPOCH
RUN --mount=type=cache,target=/nuget eng/image/root cache "$TARGETARCH" /packages /root-of-image

FROM sdk AS cli-root
ARG TARGETARCH
ARG VERSION
ARG REVISION
ARG SOURCE_DATE_EPOCH
RUN --mount=type=cache,target=/nuget eng/image/root cli "$TARGETARCH" /packages /root-of-image

FROM scratch AS webhook
ARG VERSION=0.1.0
ARG REVISION
ARG CREATED
COPY --from=webhook-root /root-of-image /
ENV DOTNET_EnableDiagnostics=0
USER 65532:65532
EXPOSE 8443 9443
ENTRYPOINT ["/node-dns-webhook"]
LABEL org.opencontainers.image.title="node-dns-webhook" \
      org.opencontainers.image.description="Admission webhook that points pods at the DNS cache of their node" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.licenses="Apache-2.0"

FROM scratch AS cli
ARG VERSION=0.1.0
ARG REVISION
ARG CREATED
COPY --from=cli-root /root-of-image /
USER 65532:65532
ENTRYPOINT ["/kubectl-nodedns"]
LABEL org.opencontainers.image.title="kubectl-nodedns" \
      org.opencontainers.image.description="kubectl nodedns: what the node caches of a cluster do, and roll-outs onto them" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.licenses="Apache-2.0"

# No USER: the chart's pods name theirs (guard 0, cache 65534), and node-cache's own manifest, where only the image is
# swapped, names none and expects uid 0.
FROM scratch AS cache
ARG VERSION=0.1.0
ARG REVISION
ARG CREATED
COPY --from=cache-root /root-of-image /
ENV DOTNET_EnableDiagnostics=0
EXPOSE 53/udp 53/tcp
ENTRYPOINT ["/node-dns-cache"]
LABEL org.opencontainers.image.title="node-dns-cache" \
      org.opencontainers.image.description="DNS cache of a Kubernetes node, and the guard that keeps its address" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.created="$CREATED" \
      org.opencontainers.image.licenses="Apache-2.0"
