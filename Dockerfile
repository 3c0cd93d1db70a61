# The images of Polly, where an engine can pull a base:
#
#     docker build --target plugin -t polly-plugin .         the root filesystem of the managed plugin
#     docker build --target coordinator -t polly .           the coordinator and the command line
#
# Without a registry, scripts/plugin-rootfs makes the plugin from a build on the machine.
ARG BASE=debian:bookworm

FROM ${BASE} AS build
RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends \
      g++ cmake ninja-build pkg-config libpoco-dev libyaml-cpp-dev libspdlog-dev libfmt-dev libsqlite3-dev \
      libexpected-dev libcli11-dev libssl-dev libblkid-dev libmount-dev e2fsprogs xfsprogs
COPY . /src
WORKDIR /src
RUN cmake --preset release -DPOLLY_TESTS=OFF && cmake --build --preset release && scripts/plugin-rootfs /plugin

FROM scratch AS plugin
COPY --from=build /plugin/rootfs /
ENTRYPOINT ["/bin/polly-guard", "--run", "/bin/polly-node"]

FROM ${BASE} AS coordinator
RUN apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends \
      libpoconet80 libpocojson80 libpocoutil80 libyaml-cpp0.7 libspdlog1.10 libsqlite3-0 libblkid1 libssl3 && \
    rm -rf /var/lib/apt/lists/*
COPY --from=build /src/build/release/bin/polly /usr/bin/polly
VOLUME /var/lib/polly
EXPOSE 7979
ENTRYPOINT ["/usr/bin/polly"]
CMD ["coordinator"]
