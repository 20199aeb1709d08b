# Installs the programs that bin/dev, bin/test, bench/run and .ci/run need. Sourced, not run.
# Installs only what is missing, announces each installation, and never prompts.
# shellcheck shell=sh

oldest_postgres=14
preferred_brew_postgres=postgresql@17

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# need_rust ROOT: stops unless a toolchain is here that can build ROOT/Cargo.toml. Never installs one: the
# developer chooses the toolchain and its source.
need_rust() {
    # rustup changes the PATH of new shells only; the one that just ran it does not see cargo yet.
    has cargo || PATH="${CARGO_HOME:-$HOME/.cargo}/bin:$PATH"
    has cargo || fail "Rust is not installed: get it from https://rustup.rs, then call this again"
    wanted=$(sed -n 's/^rust-version = "\([0-9.]*\)"$/\1/p' "$1/Cargo.toml")
    found=$(cargo --version 2>/dev/null | cut -d ' ' -f 2) || true
    [ -n "$found" ] || fail "cargo has no toolchain to run: say 'rustup default stable', then call this again"
    oldest=$(printf '%s\n%s\n' "$wanted" "$found" | sort -t . -k 1,1n -k 2,2n | head -n 1)
    [ "$oldest" = "$wanted" ] || fail "Rust $found is too old, $wanted or newer is needed: say 'rustup update stable'"
}

# install_missing PROGRAM…: PROGRAM is cc, chromium, faketime, node, openssl, perf, postgres, python or wrk; of Debian only, engine, lintian and
# mmdebstrap.
install_missing() {
    missing=
    for program in "$@"; do
        "has_$program" || missing="$missing $program"
    done
    [ -n "$missing" ] || return 0
    if has apt-get; then
        install_with_apt
    elif has dnf; then
        install_with_dnf
    elif has brew; then
        install_with_brew
    else
        fail "missing on this machine:$missing; install them with its package manager (PostgreSQL's server, $oldest_postgres or newer)"
    fi
    for program in $missing; do
        "has_$program" && continue
        [ "$program" != postgres ] ||
            fail "the packages of this system hold no PostgreSQL server $oldest_postgres or newer: see https://www.postgresql.org/download/"
        fail "$program is still missing after the installation: see the messages above"
    done
}

has_cc() {
    # Without Apple's tools /usr/bin/cc still exists, and opens a dialog.
    if [ "$(uname -s)" = Darwin ]; then xcode-select -p >/dev/null 2>&1; else has cc; fi
}

# As tests/browser/run looks for it.
has_chromium() {
    has chromium || has chromium-browser || has google-chrome ||
        [ -x /Applications/Chromium.app/Contents/MacOS/Chromium ] ||
        [ -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]
}

# A server, not just the client, where the service looks for it (src/database/installation.rs).
has_postgres() {
    for server in "$(command -v postgres)" /usr/lib/postgresql/*/bin/postgres /usr/pgsql-*/bin/postgres \
        /opt/homebrew/opt/postgresql*/bin/postgres /usr/local/opt/postgresql*/bin/postgres; do
        server=$(readlink -f "$server" 2>/dev/null) || continue
        [ -x "$server" ] && [ -x "${server%/*}/initdb" ] || continue
        version=$("$server" --version 2>/dev/null) || continue # "postgres (PostgreSQL) 15.18 (Debian …)"
        version=${version#*) }
        major=${version%%[!0-9]*}
        [ "${major:-0}" -lt "$oldest_postgres" ] || return 0
    done
    return 1
}

# Debian's python3 has no venv module by itself; pytest needs 3.10.
has_python() { has python3 && python3 -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 10))' >/dev/null 2>&1; }

# 18 is the oldest on which the clients run, and what Debian 12 has. npm is a package of its own there.
has_node() { has npm && node -e 'process.exit(Number.parseInt(process.versions.node) < 18 ? 1 : 0)' >/dev/null 2>&1; }

has_wrk() { has wrk; }

# A library, where tests/faults looks for it. Only Linux's tests use it.
has_faketime() {
    [ "$(uname -s)" != Linux ] || [ -e /usr/lib64/faketime/libfaketime.so.1 ] ||
        ls /usr/lib/*/faketime/libfaketime.so.1 >/dev/null 2>&1
}

# A container engine, and what its images are made with (tests/compose/engine.py).
has_engine() { has dockerd && has docker && has iptables && has ip && has mmdebstrap; }

has_openssl() { has openssl; }

has_lintian() { has lintian; }

has_mmdebstrap() { has mmdebstrap; }

# Debian's wrapper exists without the program that it calls.
has_perf() { perf --version >/dev/null 2>&1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif has sudo; then
        sudo "$@"
    else
        fail "missing on this machine:$missing; there is no sudo to install them with, so call this once as root"
    fi
}

apt() { as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get -qq -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 "$@" >&2; }

install_with_apt() {
    apt update || say "warning: not every package list could be fetched; going on with those that are here"
    packages=
    for program in $missing; do
        case $program in
        cc) packages="$packages gcc libc6-dev" ;;
        chromium)
            # Ubuntu has it as a snap only, which cannot access /tmp.
            [ -n "$(apt-cache policy chromium | sed -n 's/^ *Candidate: \([0-9].*\)/\1/p')" ] ||
                fail "the packages of this system hold no Chromium: install Google Chrome (https://www.google.com/chrome/), then call this again"
            packages="$packages chromium"
            ;;
        engine)
            packages="$packages docker.io iptables iproute2 mmdebstrap"
            # The client is a package of its own since Debian 13.
            [ -z "$(apt-cache policy docker-cli)" ] || packages="$packages docker-cli"
            ;;
        faketime) packages="$packages faketime" ;;
        lintian | mmdebstrap | openssl) packages="$packages $program" ;;
        python) packages="$packages python3 python3-venv" ;;
        node) packages="$packages nodejs npm" ;;
        perf) packages="$packages linux-perf" ;;
        wrk) packages="$packages wrk" ;;
        postgres)
            candidate=$(apt-cache policy postgresql | sed -n 's/^ *Candidate: \([0-9]*\).*/\1/p')
            [ "${candidate:-0}" -ge "$oldest_postgres" ] ||
                fail "the packages of this system hold no PostgreSQL server $oldest_postgres or newer: see https://www.postgresql.org/download/"
            packages="$packages postgresql-$candidate"
            ;;
        esac
    done
    say "installing with apt-get:$packages"
    # shellcheck disable=SC2086 # a list of words
    without_a_cluster apt install --no-install-recommends $packages ||
        fail "apt-get could not install$packages: see the messages above"
}

# Debian creates and starts a cluster when the first server is installed. This disables that during the installation.
without_a_cluster() (
    settings=/etc/postgresql-common/createcluster.d
    trap 'as_root rm -f "$settings/uprof.conf"; as_root rmdir "$settings" 2>/dev/null || true' EXIT
    trap 'exit 130' INT TERM
    as_root mkdir -p "$settings"
    echo 'create_main_cluster = false' | as_root tee "$settings/uprof.conf" >/dev/null
    "$@"
)

# Fedora's package starts nothing by itself.
install_with_dnf() {
    packages=
    for program in $missing; do
        case $program in
        cc) packages="$packages gcc" ;;
        chromium) packages="$packages chromium" ;;
        faketime) packages="$packages libfaketime" ;;
        openssl) packages="$packages openssl" ;;
        python) packages="$packages python3" ;;
        node) packages="$packages nodejs npm" ;;
        perf) packages="$packages perf" ;;
        wrk) packages="$packages wrk" ;;
        postgres) packages="$packages postgresql-server" ;;
        esac
    done
    say "installing with dnf:$packages"
    # shellcheck disable=SC2086 # a list of words
    as_root dnf install -q -y $packages >&2 || fail "dnf could not install$packages: see the messages above"
}

# Homebrew starts nothing by itself either (that is `brew services`).
install_with_brew() {
    [ "$(id -u)" -ne 0 ] || fail "missing on this machine:$missing; Homebrew refuses to run as root, so call this once as yourself"
    packages=
    for program in $missing; do
        case $program in
        cc)
            [ "$(uname -s)" != Darwin ] || fail "a C linker is missing: say 'xcode-select --install', then call this again"
            packages="$packages gcc"
            ;;
        chromium) packages="$packages google-chrome" ;;
        python) packages="$packages python3" ;;
        node) packages="$packages node" ;;
        openssl) packages="$packages openssl" ;;
        wrk) packages="$packages wrk" ;;
        postgres) packages="$packages $preferred_brew_postgres" ;;
        esac
    done
    say "installing with brew:$packages"
    # shellcheck disable=SC2086 # a list of words
    NONINTERACTIVE=1 HOMEBREW_NO_ENV_HINTS=1 brew install --quiet $packages >&2 || fail "brew could not install$packages: see the messages above"
}
