//! How the daemon is run.
#![expect(clippy::doc_markdown, reason = "doc comments here are the help text, where backticks are noise")]

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::settings::Manner;
use crate::config::Flags;

/// Where the daemon listens.
#[derive(Debug, Clone, Default, Args)]
pub(in crate::cli) struct ListenOptions {
    /// Port on 127.0.0.1 and ::1; 0 picks a free one [default: TAILHOOK_PORT, config.toml, 8765]
    #[arg(long)]
    pub(in crate::cli) port: Option<u16>,
    /// Also listen on this address or name, for other machines; wants TLS
    #[arg(long, value_name = "ADDR")]
    pub(in crate::cli) host: Option<String>,
    /// Certificate chain for --host, PEM
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) tls_cert: Option<PathBuf>,
    /// Key of the certificate, PEM
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) tls_key: Option<PathBuf>,
    /// Let --host go without TLS: the network can then read all, the token too
    #[arg(long)]
    pub(in crate::cli) insecure_plain: bool,
    /// Also answer the historic protocol on ws://127.0.0.1:PORT/ without a token; any web site can then read all
    #[arg(long)]
    pub(in crate::cli) legacy_ws: bool,
}

impl ListenOptions {
    /// As they are typed, for another process in another folder.
    pub(in crate::cli) fn arguments(&self) -> Vec<OsString> {
        let file = |name: &str, file: &Option<PathBuf>| {
            let path = file.as_ref().map(|file| std::path::absolute(file).unwrap_or_else(|_| file.clone()))?;
            Some([OsString::from(name), path.into()])
        };
        let mut arguments: Vec<OsString> = Vec::new();
        arguments.extend(self.port.map(|port| format!("--port={port}").into()));
        arguments.extend(self.host.as_ref().map(|host| format!("--host={host}").into()));
        arguments.extend(file("--tls-cert", &self.tls_cert).into_iter().flatten());
        arguments.extend(file("--tls-key", &self.tls_key).into_iter().flatten());
        arguments.extend(self.insecure_plain.then(|| "--insecure-plain".into()));
        arguments.extend(self.legacy_ws.then(|| "--legacy-ws".into()));
        arguments
    }

    /// For the settings.
    pub(in crate::cli) fn flags(&self) -> Flags {
        Flags {
            port: self.port,
            host: self.host.clone(),
            tls_cert: self.tls_cert.clone(),
            tls_key: self.tls_key.clone(),
            insecure_plain: self.insecure_plain,
            legacy_ws: self.legacy_ws,
        }
    }
}

#[derive(Debug, Args)]
pub(in crate::cli) struct UpOptions {
    #[command(flatten)]
    pub(in crate::cli) listen: ListenOptions,
    /// One JSON object
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// What to do with the service.
#[derive(Debug, Clone, Copy, Subcommand)]
pub(in crate::cli) enum ServiceAction {
    /// Write its files, start it now and with each of your sessions; the port is that of the settings
    Install(Manner),
    /// Stop it and remove its files
    Uninstall(Manner),
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ServeOptions {
    #[command(flatten)]
    pub(in crate::cli) listen: ListenOptions,
    /// Print the ready line as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    #[arg(long, hide = true)]
    pub(in crate::cli) supervised: bool,
}
