//! What all benches share: numbers out of samples, the machine they were taken on, and the files they end up in.

pub mod machine;
pub mod payload;
pub mod plot;
pub mod results;
pub mod statistics;
pub mod table;
pub mod turns;

pub use machine::Machine;
pub use statistics::{Sample, Summary};
pub use table::Table;
pub use turns::Turns;
