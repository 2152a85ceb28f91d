#!/bin/sh
# Fuzzes each target for so many seconds, on the pinned stable toolchain: fuzz/run.sh [SECONDS [TARGET...]]
#
# The seed of the mutations is fixed, so that a test run finds what the one before it found; SEED=0 takes another each time.
#
# Coverage comes from code generation options that stable has; only the sanitizers want nightly, and the code under test
# is safe Rust. With nightly: cargo +nightly fuzz run TARGET
set -eu
cd "$(dirname "$0")"
seconds=${1:-20}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- decode scan recovery

tools=../target/fuzz-tools
if ! [ -x "$tools/bin/cargo-fuzz" ]; then
    cargo install --quiet cargo-fuzz --version 0.13.2 --locked --root "$tools"
fi
PATH=$PWD/$tools/bin:$PATH
export PATH

for target in "$@"; do
    work=../target/fuzz-corpus/$target
    mkdir -p "$work"
    # What is found new goes to the first folder; the seeds stay as they are.
    cargo fuzz run --fuzz-dir . --target-dir ../target/fuzz --sanitizer none "$target" "$work" "seeds/$target" -- \
        -seed="${SEED:-1}" -max_total_time="$seconds" -max_len=4096 -verbosity=0 > "$work.log" 2>&1 || { cat "$work.log" >&2; exit 1; }
    echo "$target: $seconds s, nothing found"
done
