//! The daemon: [`serve`] runs it, [`presence`] says whether one runs, [`supervise`] keeps one running.

mod listen;
pub(crate) mod log;
mod notify;
pub(crate) mod presence;
mod reload;
pub(crate) mod serve;
pub(crate) mod supervise;
