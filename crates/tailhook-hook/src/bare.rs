//! What a program needs to start without std and libc.

use core::arch::global_asm;
use core::ffi::{CStr, c_char};

use tailhook_journal::frame::INLINE_BYTES;
use tailhook_journal::sys;

use crate::hook::{Caller, run};

// The kernel enters here with the stack pointer at argc. It is handed on as an argument, with the buffer for what fits a
// frame: on the stack, from a page's start on, so that the program needs no memory of its own and has one segment. A
// page of it costs nothing until it is touched.
#[cfg(target_arch = "x86_64")]
global_asm!(
    ".globl _start",
    "_start:",
    "xor ebp, ebp",
    "mov rdi, rsp",
    "sub rsp, {bytes}",
    "and rsp, -4096",
    "mov rsi, rsp",
    "call {start}",
    start = sym start,
    bytes = const INLINE_BYTES,
);
#[cfg(target_arch = "aarch64")]
global_asm!(
    ".globl _start",
    "_start:",
    "mov x29, xzr",
    "mov x30, xzr",
    "mov x0, sp",
    "sub x1, x0, {pages}, lsl 12",
    "and x1, x1, -4096",
    "mov sp, x1",
    "bl {start}",
    start = sym start,
    pages = const INLINE_BYTES >> 12,
);

/// Effective user id, in the kernel's list of facts for a new program (`AT_EUID` in `linux/auxvec.h`).
const AT_EUID: usize = 12;

/// # Safety
/// `stack` is what the kernel left: argc, argv and a null, the environment and a null, pairs of facts that end with 0.
/// `buffer` is valid for `INLINE_BYTES`, ours alone, and zero, as the kernel gives pages.
unsafe extern "C" fn start(stack: *const usize, buffer: *mut u8) -> ! {
    // SAFETY: laid out as said above; the strings live as long as the process.
    let caller = unsafe {
        let argc = *stack;
        let argv = stack.add(1).cast::<*const c_char>();
        let argument = |n: usize| if n < argc { Some(CStr::from_ptr(*argv.add(n)).to_bytes()) } else { None };
        let mut caller =
            Caller { agent: argument(1), event: argument(2), home: None, disabled: false, debug: false, uid: 0 };
        let mut variable = argv.add(argc + 1);
        while !(*variable).is_null() {
            note_variable(&mut caller, *variable);
            variable = variable.add(1);
        }
        let mut fact = variable.add(1).cast::<usize>();
        while *fact != 0 {
            if *fact == AT_EUID {
                caller.uid = *fact.add(1) as u32;
                break;
            }
            fact = fact.add(2);
        }
        caller
    };
    // SAFETY: as said above.
    run(&caller, unsafe { core::slice::from_raw_parts_mut(buffer, INLINE_BYTES) })
}

/// Looks at one variable of the environment. Most differ in their first byte, so no other is touched.
///
/// # Safety
/// `variable` is a string that ends with a NUL and lives as long as the process.
unsafe fn note_variable(caller: &mut Caller<'_>, variable: *const c_char) {
    const PREFIX: &[u8] = b"TAILHOOK_";
    // SAFETY: reading stops at the first byte that differs, the NUL at the latest.
    let text = unsafe {
        for (n, byte) in PREFIX.iter().enumerate() {
            if *variable.add(n) as u8 != *byte {
                return;
            }
        }
        CStr::from_ptr(variable.add(PREFIX.len())).to_bytes()
    };
    if let Some(home) = text.strip_prefix(b"HOME=") {
        caller.home = Some(home);
    } else if text == b"DISABLE=1" {
        caller.disabled = true;
    } else if text == b"HOOK_DEBUG=1" {
        caller.debug = true;
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // A bug of ours must not become the agent's trouble.
    sys::exit(0)
}

/// The precompiled `core` names this in its unwinding tables. Nothing here unwinds, so it is never called.
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}

/// The compiler calls these by name; a program without libc brings its own. `rep movsb` and `rep stosb` are as fast as
/// any loop on the processors of the last ten years, and two bytes long.
mod memory {
    use core::ffi::c_void;

    /// # Safety
    /// As C's `memcpy`.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut c_void, from: *const c_void, n: usize) -> *mut c_void {
        // SAFETY: the caller's promise; nothing here becomes a call of this function again.
        unsafe { copy(to.cast(), from.cast(), n) };
        to
    }

    /// # Safety
    /// As C's `memmove`.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut c_void, from: *const c_void, n: usize) -> *mut c_void {
        let (target, source) = (to.cast::<u8>(), from.cast::<u8>());
        // SAFETY: the caller's promise; backwards where the ends overlap that way.
        unsafe {
            if (target as usize).wrapping_sub(source as usize) >= n {
                copy(target, source, n);
            } else {
                for at in (0..n).rev() {
                    target.add(at).write_volatile(source.add(at).read_volatile());
                }
            }
        }
        to
    }

    /// # Safety
    /// As C's `memset`.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(to: *mut c_void, value: i32, n: usize) -> *mut c_void {
        // SAFETY: the caller's promise.
        unsafe { fill(to.cast(), value as u8, n) };
        to
    }

    /// # Safety
    /// As C's `memcmp`.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(a: *const c_void, b: *const c_void, n: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { compare(a.cast(), b.cast(), n) }
    }

    /// # Safety
    /// As `memcmp` for equality alone.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(a: *const c_void, b: *const c_void, n: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { compare(a.cast(), b.cast(), n) }
    }

    /// # Safety
    /// As C's `strlen`; `CStr::from_ptr` calls it.
    #[unsafe(no_mangle)]
    unsafe extern "C" fn strlen(text: *const u8) -> usize {
        let mut n = 0;
        // SAFETY: the caller's promise: there is a NUL.
        while unsafe { text.add(n).read_volatile() } != 0 {
            n += 1;
        }
        n
    }

    /// # Safety
    /// Both are valid for `n` bytes.
    unsafe fn compare(a: *const u8, b: *const u8, n: usize) -> i32 {
        for at in 0..n {
            // SAFETY: below `n`. Volatile, so that the loop is not turned into a call of `memcmp`.
            let (x, y) = unsafe { (a.add(at).read_volatile(), b.add(at).read_volatile()) };
            if x != y {
                return i32::from(x) - i32::from(y);
            }
        }
        0
    }

    /// # Safety
    /// Valid for `n` bytes each, `to` not inside `from`.
    unsafe fn copy(to: *mut u8, from: *const u8, n: usize) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the caller's promise; the direction flag is clear by the calling convention.
        unsafe {
            core::arch::asm!("rep movsb", inout("rcx") n => _, inout("rdi") to => _, inout("rsi") from => _,
                options(nostack, preserves_flags));
        }
        #[cfg(not(target_arch = "x86_64"))]
        for at in 0..n {
            // SAFETY: below `n`. Volatile, so that the loop is not turned into a call of `memcpy`.
            unsafe { to.add(at).write_volatile(from.add(at).read_volatile()) };
        }
    }

    /// # Safety
    /// Valid for `n` bytes.
    unsafe fn fill(to: *mut u8, value: u8, n: usize) {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the caller's promise; the direction flag is clear by the calling convention.
        unsafe {
            core::arch::asm!("rep stosb", inout("rcx") n => _, inout("rdi") to => _, in("al") value,
                options(nostack, preserves_flags));
        }
        #[cfg(not(target_arch = "x86_64"))]
        for at in 0..n {
            // SAFETY: below `n`. Volatile, as above.
            unsafe { to.add(at).write_volatile(value) };
        }
    }
}
