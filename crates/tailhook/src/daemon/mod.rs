//! The daemon: [`serve`] runs it, [`presence`] says whether one runs, [`supervise`] keeps one running.

pub(crate) mod presence;
pub(crate) mod serve;
pub(crate) mod supervise;
