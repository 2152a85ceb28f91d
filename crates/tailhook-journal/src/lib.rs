//! The journal: how an event gets from a hook to the daemon.
//!
//! It is the queue, the shared memory and the crash log in one. A hook opens a file on tmpfs, appends one frame with
//! one system call and exits; whether a daemon runs does not matter to it.
//!
//! # On disk
//!
//! ```text
//! /dev/shm/tailhook-UID/           the journal (tmpfs), mode 0700; $TAILHOOK_HOME/journal when that is set
//!     active                       the segment that hooks append to; created by the first one that needs it
//!     sealed-N                     the daemon renamed it; read to its end and removed once no hook holds it
//!     spill/STAMP-PID              a payload over 64 KiB; its frame names it
//!     spare                        such a file whose payload is stored, up to 1 MiB of zeros: the next one is written into
//!                                  it. Not in the spool
//!     spilled                      one byte for each 64 KiB piece that lies in spill/: its size is the count. Hooks add,
//!                                  the daemon counts again now and then
//!     dropped                      one byte for each event that was dropped: its size is the count
//! /var/tmp/tailhook-UID/           the spool (disk), the same inside; $TAILHOOK_HOME/spool when that is set
//! ```
//!
//! A segment is a sequence of frames and nothing else; see [`frame`] for the bytes.
//!
//! # Who may do what
//!
//! - A hook that finds `active` as it should be (a regular file of its user's, mode 0600, with one name, at the end of a path
//!   without links) appends to it at once: whoever made it had looked at its folder. Else it looks at the folder itself,
//!   which must be its user's and closed to the writing of others, and makes what is missing.
//! - A hook only appends. As long as it has the segment open for writing, nobody removes it.
//! - The spare belongs to the hook that renames it to the file of its payload. Else the daemon alone renames and removes.
//! - It removes a sealed segment only when it has stored all of it and the kernel granted it a lease: nobody has the file
//!   open for writing, nobody can open it so until it is gone. A hook that was
//!   stopped between its `open` and its `write` therefore loses nothing: either the lease was refused, or the hook's
//!   `open` is, or it finds the link count at zero; in both it opens the new `active`. Where there are no leases (other
//!   systems) locks do the same.
//! - A frame is one `writev` under `O_APPEND`: the kernel's inode lock keeps frames apart, there is no other lock.
//!   A hook killed inside that call can leave a torn frame; the reader skips to the next magic and counts it.
//!
//! # From a program of your own
//!
//! [`append()`] is all that a hook does, and open to every Rust program: in some 5 us an event is handed over, whether a
//! daemon runs or not. Its documentation has an example that runs. Programs in other languages send the same over HTTP or
//! the WebSocket (`docs/stream.md`).
//!
//! # When full
//!
//! At [`append::Limits::journal_bytes`] a hook uses the spool, at [`append::Limits::spool_bytes`] it drops the event and
//! counts it. The daemon reads both by the stamps of their frames, so the order of one writer holds wherever its events
//! went.
#![cfg_attr(not(test), no_std)]

pub mod append;
pub mod frame;
pub mod place;
pub mod scan;
pub mod spare;
pub mod spill;
pub mod sys;

pub use append::{Appended, Limits, append};
pub use frame::{Flags, Frame};
pub use place::Place;
