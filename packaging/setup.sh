#!/bin/sh
# Makes sure that what a build (or the end-to-end tests) needs is there. Installs what it can without asking only in CI
# and for root; otherwise names the command.
set -eu

missing() {
    echo "error: $1 is missing" >&2
    echo "hint: $2" >&2
    exit 1
}

need() { # command, Debian package
    command -v "$1" >/dev/null 2>&1 && return
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "installing $2 with apt-get" >&2
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "$2" >/dev/null
    else
        missing "$1" "install it, e.g. sudo apt-get install $2"
    fi
}

case "${1:-}" in
build)
    command -v cargo >/dev/null 2>&1 || missing cargo "https://rustup.rs installs Rust"
    need cc gcc
    command -v npm >/dev/null 2>&1 || missing npm "install Node.js 20 or later: https://nodejs.org; without it, build with: cargo build --release -p tailhook-hook -p tailhook (no page)"
    ;;
test)
    # A terminal, the shells that completions are for, and what reads manual pages.
    need tmux tmux
    need zsh zsh
    need fish fish
    need man man-db
    need mandoc mandoc
    # Sees the hook's system calls.
    need strace strace
    # Reads the metrics as its owners do: promtool checks them, the server scrapes them.
    need promtool prometheus
    ;;
api)
    # The tool that asks a daemon everything its OpenAPI document allows, in an environment of its own.
    folder=$(dirname "$0")/..
    tools=$folder/target/api-test
    wanted=$folder/e2e/api/requirements.txt
    cmp -s "$wanted" "$tools/installed.txt" && exit 0
    need python3 python3
    if ! python3 -c 'import ensurepip' 2>/dev/null; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
            apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
        else
            missing "Python's venv" "install it, e.g. sudo apt-get install python3-venv"
        fi
    fi
    python3 -m venv --clear "$tools"
    "$tools/bin/pip" install --quiet --disable-pip-version-check --requirement "$wanted"
    cp "$wanted" "$tools/installed.txt"
    ;;
e2e)
    exec sh "$(dirname "$0")/../e2e/setup.sh"
    ;;
*)
    echo "usage: $0 build|test|api|e2e" >&2
    exit 2
    ;;
esac
