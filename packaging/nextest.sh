#!/bin/sh
# Runs the tests with nextest where it is installed and with cargo's own runner elsewhere.
set -eu
if cargo nextest --version >/dev/null 2>&1; then
    exec cargo nextest run "$@"
fi
exec cargo test --lib --bins --tests "$@"
