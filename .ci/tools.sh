# The programs of cargo that the checks and the release use. Sourced by bash, from the root of the project.
# shellcheck shell=bash

# install_tool NAME VERSION: built once, beside the other artefacts; pinned, so that a new release cannot turn a build red.
install_tool() {
    local tools=${CARGO_TARGET_DIR:-target}/tools name=$1 version=$2
    mkdir -p "$tools"
    tools=$(cd -- "$tools" && pwd)
    [[ :$PATH: == *:$tools/bin:* ]] || export PATH=$tools/bin:$PATH
    if ! grep -qsF "\"$name $version " "$tools/.crates.toml"; then
        cargo install --locked --debug --quiet --root "$tools" --version "$version" "$name"
    fi
}
