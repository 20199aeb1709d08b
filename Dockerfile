# The image holds the binary and the C library it was linked with, no shell and no packages: little attack surface,
# and updates are rebuilds.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# Writes into the binary which crates it was built of, for scanners. `.ci/release` reads the version here.
RUN cargo install --locked --quiet --version 0.7.7 cargo-auditable

# The dependencies in a layer of their own: rebuilt only when the manifest or the lock file changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo auditable build --release --locked --features tls,otel \
    && rm -r src

# .dockerignore lets in what the build reads, and nothing else. The touch: cargo compares times, and files from a clone
# may be older than the layer above.
COPY . .
RUN touch src/main.rs src/lib.rs \
    && cargo auditable build --release --locked --features tls,otel

# The root of the image: the binary, and each library that it names. For scanners the package that each library is of, as
# Debian records it; its licence lies where Debian puts it.
RUN mkdir -p /image/usr/local/bin /image/etc /image/var/lib/dpkg/status.d \
    && cp target/release/uprof /image/usr/local/bin/ \
    && cp LICENSE /image/ \
    && cp --dereference /etc/os-release /image/etc/ \
    && libraries=$(ldd target/release/uprof | grep -o '/[^ ]*') \
    && cp --parents --dereference --target-directory=/image $libraries \
    && for package in $(dpkg --search $libraries | cut -d : -f 1 | sort -u); do \
        dpkg --status "$package" > "/image/var/lib/dpkg/status.d/$package" \
        && cp --parents --dereference --target-directory=/image "/usr/share/doc/$package/copyright"; \
    done

FROM scratch
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title=uprof \
      org.opencontainers.image.description="The user-profile service a platform runs for the entities it serves through an AI API" \
      org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.version=$VERSION \
      org.opencontainers.image.revision=$REVISION
COPY --from=build /image /
# A number, so that a cluster that forbids root can check it. The image has no users.
USER 65532:65532
# The loopback address of a container is not reachable from outside.
ENV UPROF_LISTEN=0.0.0.0:8080
EXPOSE 8080
# Of the address in UPROF_LISTEN. A command that serves nothing has none: --no-healthcheck.
HEALTHCHECK --interval=10s --timeout=10s --retries=3 --start-period=60s CMD ["/usr/local/bin/uprof", "health"]
ENTRYPOINT ["/usr/local/bin/uprof"]
# DATABASE_URL, or a file in DATABASE_URL_FILE, has to be set.
CMD ["serve"]
