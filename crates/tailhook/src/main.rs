//! tailhook: see what your coding agents do, live.
//!
//! The folders follow the way of an event: `ingest` takes it out of the journal, `store` keeps it, `live` hands it to
//! whoever listens, `http` serves page, API and stream. `daemon` puts these together; `cli` is what people type;
//! `transcript` follows what agents write down themselves; `install` registers the hook with an agent; `config` knows where everything is,
//! `hook_version` whether the hook is of this version.

mod cli;
mod config;
mod daemon;
mod hook_version;
mod http;
mod ingest;
mod install;
mod live;
mod measure;
mod store;
mod surroundings;
mod transcript;

fn main() -> std::process::ExitCode {
    cli::run()
}
