//! `tailhook profile`: what each hook command costs the agent, anybody's, as the agent itself wrote it down.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::arguments::ProfileOptions;
use super::client::{Client, escape};
use super::commands::print_json;
use super::exit::Failure;
use super::print::say;
use super::text::plain;
use crate::config::Settings;
use crate::measure::Spread;

/// Characters of a command in the table.
const COMMAND_CHARS: usize = 60;

/// What `/api/v1/profile` says.
#[derive(Deserialize, Serialize)]
struct Profile {
    hooks: Vec<Hook>,
    slowest: Option<Hook>,
    sessions: u64,
    days: u64,
    own_us: Spread,
}

#[derive(Deserialize, Serialize)]
struct Hook {
    event: String,
    command: String,
    ours: bool,
    agent: String,
    calls: u64,
    failures: u64,
    p50_ms: u64,
    p99_ms: u64,
    total_ms: u64,
    per_session_ms: u64,
    per_day_ms: u64,
}

pub(super) fn profile(settings: &Settings, options: &ProfileOptions) -> Result<(), Failure> {
    let client = Client::find(settings)?;
    let mut query = Vec::new();
    query.extend(options.session.as_ref().map(|session| format!("session={}", escape(session))));
    query.extend(options.since.map(|since| format!("since={since}")));
    let answer: Value = client.get(&format!("/api/v1/profile?{}", query.join("&")))?;
    if options.json {
        return print_json(&answer);
    }
    let profile: Profile = serde_json::from_value(answer).map_err(|error| Failure::failed(error.to_string()))?;
    match &profile.slowest {
        None => say("no hook has cost anything that an agent wrote down")?,
        Some(slowest) => say_slowest(slowest, &profile)?,
    }
    if !profile.hooks.is_empty() {
        say("")?;
        say("     total   per session    calls  failed      p50       p99  event               command")?;
    }
    for hook in &profile.hooks {
        let Hook { calls, failures, event, .. } = hook;
        say(&format!(
            "{:>10} {:>13} {calls:>8} {failures:>7} {:>8} {:>9}  {:<18}  {}",
            time(hook.total_ms),
            time(hook.per_session_ms),
            time(hook.p50_ms),
            time(hook.p99_ms),
            plain(event),
            name(hook)
        ))?;
    }
    say("")?;
    let own = profile.own_us;
    if own.count > 0 {
        say(&format!("tailhook's own hook took p50 {} us, p99 {} us ({} calls)", own.p50, own.p99, own.count))?;
    }
    say("hooks that succeed and print nothing are written down by the agent at the end of a turn only")
}

fn say_slowest(slowest: &Hook, profile: &Profile) -> Result<(), Failure> {
    let total_ms: u64 = profile.hooks.iter().map(|hook| hook.total_ms).sum();
    let share = slowest.total_ms * 100 / total_ms.max(1);
    say(&format!("slowest: {}", name(slowest)))?;
    say(&format!(
        "each {} waits {} for it (p50), {} a session: {share} % of what was written down, {} in {} sessions on {} days",
        plain(&slowest.event),
        time(slowest.p50_ms),
        time(slowest.per_session_ms),
        time(total_ms),
        profile.sessions,
        profile.days
    ))
}

fn name(hook: &Hook) -> String {
    let command = plain(&hook.command);
    let mut short: String = command.chars().take(COMMAND_CHARS).collect();
    if short.len() < command.len() {
        short.push('…');
    }
    if hook.ours {
        short.push_str("  (tailhook)");
    }
    short
}

fn time(ms: u64) -> String {
    match ms {
        0..10_000 => format!("{ms} ms"),
        10_000..600_000 => format!("{}.{} s", ms / 1_000, ms / 100 % 10),
        _ => format!("{} min", ms / 60_000),
    }
}
