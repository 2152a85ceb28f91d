//! Decides whether the hook is built bare (no std, no libc) and, if so, how it is linked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[expect(clippy::disallowed_methods, reason = "cargo speaks to build scripts through the environment")]
    let is = |name: &str, values: &[&str]| std::env::var(name).is_ok_and(|v| values.contains(&v.as_str()));
    // Only an optimised build folds everything that would need libc or unwinding away.
    let bare = is("PROFILE", &["release"])
        && is("CARGO_CFG_TARGET_OS", &["linux"])
        && is("CARGO_CFG_TARGET_ARCH", &["x86_64", "aarch64"]);
    if !bare {
        return;
    }
    println!("cargo::rustc-cfg=bare");
    println!("cargo::rerun-if-changed=one-segment.ld");
    println!("cargo::rustc-link-arg-bins=-Wl,-T,{}/one-segment.ld", env!("CARGO_MANIFEST_DIR"));
    for argument in [
        "-nostartfiles",
        "-nostdlib",
        "-static",
        "-no-pie",
        "-Wl,--build-id=none",
        "-Wl,-z,norelro",
        "-Wl,--gc-sections",
        "-Wl,--no-eh-frame-hdr",
    ] {
        println!("cargo::rustc-link-arg-bins={argument}");
    }
}
