//! What happened, as data: raw bytes of a hook become an [`Event`], events fold into [`Session`]s.
//!
//! This crate is pure. It has no runtime, no database, no clock and touches no file, so everything in it can be tested
//! with values alone and gives the same answer in the daemon, in the command line and in a test.
//!
//! Files in reading order: [`event`] (what came in), [`agents`] (each agent's payload format), [`redaction`] (secrets
//! leave here), [`envelope`] (what goes out), [`session`] (what it means), [`transcript`] (what the agent wrote down),
//! [`filter`] (which of them are wanted); [`text`] reads bytes.

pub mod agents;
pub mod envelope;
pub mod event;
pub mod filter;
pub mod name;
pub mod redaction;
pub mod session;
pub mod text;
pub mod transcript;
pub mod work;

pub use envelope::Envelope;
pub use event::{Event, HookStages, Problem, RawEvent};
pub use filter::Expression;
pub use name::Name;
pub use redaction::Redaction;
pub use session::{Session, SessionState, State};
