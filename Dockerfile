# canaryd's image. `scripts/image TAG` builds it, with the arguments from the commit; docs/image.md tells the rest.

# Where it is compiled and where the libraries come from: Debian 12. docs/image.md tells how to pin it by digest.
ARG BASE=docker.io/library/debian:bookworm-slim

FROM ${BASE} AS build
# Nothing of the folder's name is in the image: a test builds in two.
ARG FOLDER=/canaryd
WORKDIR ${FOLDER}
COPY scripts/deps scripts/
RUN scripts/deps build runtime
COPY . .
ARG SOURCE_DATE_EPOCH=0
# CMake reads it from the environment. Without one every object is compiled here; the tests bring a cache.
ARG CMAKE_CXX_COMPILER_LAUNCHER
RUN cmake --preset release -DCANARYD_TESTS=OFF -DCANARYD_BENCH=OFF \
 && cmake --build --preset release --target canaryd_exe
RUN scripts/image-root build/release /image

FROM scratch
ARG VERSION REVISION CREATED
LABEL org.opencontainers.image.title="canaryd" \
      org.opencontainers.image.description="Rolls back bad KServe canaries, provably" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
COPY --from=build /image/ /
# For `kubectl exec`, which looks a command up there.
ENV PATH=/usr/bin
# By number: Kubernetes cannot tell from a name that it is not root.
USER 65532:65532
EXPOSE 8443 8080
# No HEALTHCHECK: Kubernetes ignores it and has probes of its own, in the chart; and the image has no curl to ask with.
ENTRYPOINT ["/usr/bin/canaryd"]
