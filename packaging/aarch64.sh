#!/bin/sh
# Builds the hook for aarch64 and runs the tests of its behaviour on it, under QEMU's emulation of that processor.
#
# Says what is missing and skips. CROSS_RUSTC names a compiler that has the target where the usual one has not.
set -eu
cd "$(dirname "$0")/.."

target=aarch64-unknown-linux-gnu
rustc=${CROSS_RUSTC:-rustc}
missing() {
    echo "skipped: $1 is missing; $2"
    exit 0
}
libdir=$("$rustc" --print target-libdir --target "$target")
ls "$libdir"/libcore-*.rlib >/dev/null 2>&1 || missing "Rust's core for $target" "rustup target add $target"
command -v aarch64-linux-gnu-gcc >/dev/null 2>&1 ||
    missing aarch64-linux-gnu-gcc "Debian: apt-get install gcc-aarch64-linux-gnu libc6-dev-arm64-cross"
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) ||
    missing qemu-aarch64 "Debian: apt-get install qemu-user-static"

# A folder of its own: another compiler would have all of the usual one built again.
work=$PWD/target/aarch64
RUSTC=$rustc CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER=aarch64-linux-gnu-gcc \
    cargo build --release --locked --package tailhook-hook --target "$target" --target-dir "$work"

# A script, so that it runs whether or not the kernel knows of QEMU; where other users may run it too, for tests want that.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
chmod 755 "$folder"
cp "$work/$target/release/tailhook-hook" "$folder/program"
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$qemu" "$folder/program" >"$folder/hook"
chmod 755 "$folder/hook"
TAILHOOK_HOOK_UNDER_TEST=$folder/hook sh packaging/nextest.sh --locked --package tailhook-hook
