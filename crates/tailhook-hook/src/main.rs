//! `tailhook-hook [AGENT [EVENT]] < payload`: hands one hook event to the journal.
//!
//! What it promises, whatever happens: exit code 0, nothing on standard error, on standard output what the agent wants
//! to hear (for most: nothing), and an end within its deadline.
//!
//! On Linux a release build is *bare*: no std, no libc, no allocation, a static program whose start costs nothing but
//! the kernel's `execve`. Elsewhere, and in debug builds, the same [`hook::run`] stands in an ordinary program.
#![cfg_attr(bare, no_std, no_main)]

mod hook;
mod reply;

#[cfg(bare)]
mod bare;

const VERSION_TEXT: &str = concat!("tailhook-hook version ", env!("CARGO_PKG_VERSION"), "\n");

/// For who looks into the file: a hook has no time to be asked. The linker script keeps it.
#[used]
// SAFETY: bytes that nobody writes, in a section of such bytes that the script alone names.
#[cfg_attr(bare, unsafe(link_section = ".rodata.version"))]
static VERSION: [u8; VERSION_TEXT.len()] = match VERSION_TEXT.as_bytes().first_chunk() {
    Some(bytes) => *bytes,
    None => unreachable!(),
};

#[cfg(not(bare))]
fn main() {
    use std::os::unix::ffi::OsStringExt;

    let arguments: Vec<Vec<u8>> = std::env::args_os().skip(1).take(2).map(OsStringExt::into_vec).collect();
    #[expect(clippy::disallowed_methods, reason = "the hook has no config/: these variables are all it knows")]
    let variable = |name: &str| std::env::var_os(name).map(OsStringExt::into_vec);
    let home = variable("TAILHOOK_HOME");
    let caller = hook::Caller {
        agent: arguments.first().map(Vec::as_slice),
        event: arguments.get(1).map(Vec::as_slice),
        home: home.as_deref(),
        disabled: variable("TAILHOOK_DISABLE").as_deref() == Some(b"1"),
        debug: variable("TAILHOOK_HOOK_DEBUG").as_deref() == Some(b"1"),
        uid: tailhook_journal::sys::effective_uid(),
    };
    hook::run(&caller, &mut vec![0; tailhook_journal::frame::INLINE_BYTES]);
}
