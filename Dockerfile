# The image holds the binary and the C library it was linked with, no shell and no packages: little attack surface,
# and updates are rebuilds.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build

# The dependencies in a layer of their own: rebuilt only when the manifest or the lock file changes.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src \
    && echo 'fn main() {}' > src/main.rs \
    && touch src/lib.rs \
    && cargo build --release --locked --features tls \
    && rm -r src

# .dockerignore lets in what the build reads, and nothing else. The touch: cargo compares times, and files from a clone
# may be older than the layer above.
COPY . .
RUN touch src/main.rs src/lib.rs \
    && cargo build --release --locked --features tls

# The root of the image: the binary, and each library that it names.
RUN mkdir -p /image/usr/local/bin \
    && cp target/release/uprof /image/usr/local/bin/ \
    && cp LICENSE /image/ \
    && ldd target/release/uprof | grep -o '/[^ ]*' | xargs cp --parents --dereference --target-directory=/image

FROM scratch
COPY --from=build /image /
# A number, so that a cluster that forbids root can check it. The image has no users.
USER 65532:65532
# The loopback address of a container is not reachable from outside.
ENV UPROF_LISTEN=0.0.0.0:8080
EXPOSE 8080
ENTRYPOINT ["/usr/local/bin/uprof"]
# DATABASE_URL has to be set.
CMD ["serve"]
