//! `tailhook emit`: events through the real hook, each stage timed.

mod load;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use tailhook_core::Envelope;

use super::arguments::EmitOptions;
use super::client::{Client, Stream, escape};
use super::exit::{Code, Failure};
use super::print;
use crate::config::{Settings, is_switched_off};

/// How long to wait for the event to be stored.
const PATIENCE: Duration = Duration::from_secs(5);

/// The hook that stands beside this program.
pub(super) fn hook_program() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe().map_err(|error| Failure::failed(format!("who am I: {error}")))?;
    let hook = program.with_file_name("tailhook-hook");
    if hook.is_file() {
        return Ok(hook);
    }
    Err(Failure::new(
        Code::Failed,
        format!("there is no tailhook-hook beside {}", program.display()),
        "make install, which puts both into one folder",
    ))
}

/// Runs the hook once; gives the time from its start to its end. Standard error must stay empty.
pub(super) fn run_hook(hook: &Path, agent: &str, payload: &[u8], home: Option<&Path>) -> Result<Duration, Failure> {
    let failed = |error: std::io::Error| Failure::failed(format!("could not run {}: {error}", hook.display()));
    let mut command = Command::new(hook);
    command.arg(agent).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(home) = home {
        // A daemon of our own is not what somebody switched off.
        command.env("TAILHOOK_HOME", home).env_remove("TAILHOOK_DISABLE");
    }
    let start = Instant::now();
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(payload).map_err(failed)?;
    }
    let status = child.wait().map_err(failed)?;
    let took = start.elapsed();
    if status.success() { Ok(took) } else { Err(Failure::failed(format!("the hook ended with {status}"))) }
}

/// Where it is switched off there is nothing to wait for.
pub(super) fn expect_hook_on() -> Result<(), Failure> {
    if !is_switched_off() {
        return Ok(());
    }
    let message = "the hook is switched off here: TAILHOOK_DISABLE=1 is set";
    Err(Failure::new(Code::Failed, message, "unset TAILHOOK_DISABLE"))
}

pub(super) fn emit(settings: &Settings, options: &EmitOptions) -> Result<(), Failure> {
    expect_hook_on()?;
    if options.count > 1 {
        return load::load(settings, options);
    }
    let hook = hook_program()?;
    let (payload, session) = payload(options)?;
    let client = Client::find(settings);
    let mut stream = match &client {
        Ok(client) => Some(listen(client, &session)?),
        // The journal takes it all the same.
        Err(_) => None,
    };
    let took = run_hook(&hook, &options.agent, &payload, None)?;
    let Some(stream) = &mut stream else {
        return Err(Failure::new(
            Code::NotRunning,
            format!("the journal has the event ({} us), but no daemon runs to store it", took.as_micros()),
            "tailhook up",
        ));
    };
    report(options, &stored(stream)?, took)
}

/// The event, once it is stored.
pub(super) fn stored(stream: &mut Stream) -> Result<Envelope, Failure> {
    let sent = Instant::now();
    loop {
        let message = stream
            .next()
            .filter(|_| sent.elapsed() < PATIENCE)
            .ok_or_else(|| Failure::new(Code::Failed, "the event was not stored within 5 s", "tailhook status"))?;
        if let Ok(envelope) = serde_json::from_str::<Envelope>(&message) {
            return Ok(envelope);
        }
    }
}

/// Listens before the event is sent, and has heard the daemon's first word.
pub(super) fn listen(client: &Client, session: &str) -> Result<Stream, Failure> {
    let filter = if session.is_empty() { String::new() } else { format!("session={}", escape(session)) };
    let mut stream = client.stream(&filter)?;
    stream.set_patience(PATIENCE);
    stream.next().ok_or_else(|| Failure::new(Code::NotRunning, "the stream closed at once", "tailhook status"))?;
    Ok(stream)
}

/// What the hook is given, and the session it says.
fn payload(options: &EmitOptions) -> Result<(Vec<u8>, String), Failure> {
    let payload = read_or_make(options)?;
    let said: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
    let session = said["session_id"].as_str().unwrap_or_default().to_owned();
    Ok((payload, session))
}

fn read_or_make(options: &EmitOptions) -> Result<Vec<u8>, Failure> {
    if let Some(file) = &options.payload {
        let mut payload = Vec::new();
        let read = if file.as_os_str() == "-" {
            std::io::stdin().read_to_end(&mut payload)
        } else {
            std::fs::File::open(file).and_then(|mut file| file.read_to_end(&mut payload))
        };
        read.map_err(|error| Failure::failed(format!("could not read {}: {error}", file.display())))?;
        return Ok(payload);
    }
    let session = options.session.clone().unwrap_or_else(|| format!("emit-{}", std::process::id()));
    let cwd = std::env::current_dir().map(|cwd| cwd.display().to_string()).unwrap_or_default();
    let mut payload = json!({
        "session_id": session,
        "cwd": cwd,
        "hook_event_name": options.event,
        "message": "a test event from tailhook emit",
    })
    .to_string()
    .into_bytes();
    payload.push(b'\n');
    Ok(payload)
}

fn report(options: &EmitOptions, envelope: &Envelope, took: Duration) -> Result<(), Failure> {
    let process_us = took.as_micros() as u64;
    let (hook_us, delivery_us) = (envelope.data.hook_us, envelope.data.delivery_us);
    let text = if options.json {
        json!({
            "seq": envelope.seq, "type": envelope.kind, "session_id": envelope.session_id,
            "process_us": process_us, "hook_us": hook_us, "delivery_us": delivery_us,
        })
        .to_string()
    } else {
        format!(
            "stored as {} ({}, session {})\n  process   {process_us:>6} us  start of the hook's process to its end\n  \
             hook      {hook_us:>6} us  inside the hook, to its append\n  delivery  {delivery_us:>6} us  append to store",
            envelope.seq, envelope.kind, envelope.session_id
        )
    };
    print::say(&text)
}
