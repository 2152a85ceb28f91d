//! `tailhook status`: the daemon's numbers, for people and for scripts.

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::json;
use tailhook_core::agents::is_own;

use super::client::Client;
use super::commands::print_json;
use super::exit::{Code, Failure};
use super::print::say;
use super::text::{micros, minute, plain, size};
use super::version::{Difference, difference};
use crate::config::Settings;
use crate::daemon::log;
use crate::daemon::presence::Presence;
use crate::hook_version;
use crate::measure::{SlowHook, Spread};

/// What `/api/v1/stats` says, as far as it is shown here.
#[derive(Deserialize)]
struct Stats {
    version: String,
    pid: i32,
    uptime_s: u64,
    subscribers: u64,
    events: Counts,
    /// An older daemon does not say.
    kept: Option<Kept>,
    hook_us: Spread,
    delivery_us: Spread,
    commit_us: Spread,
    lag_bytes: u64,
    /// An older daemon does not say.
    #[serde(default)]
    slow_hook_count: u64,
    #[serde(default)]
    slow_hooks: Vec<SlowHook>,
    store_trouble: Option<String>,
    store_hint: Option<String>,
}

/// What is stored, and when it goes.
#[derive(Deserialize)]
struct Kept {
    since: Option<String>,
    bytes: u64,
    max_days: Option<u64>,
    max_bytes: Option<u64>,
}

impl Kept {
    fn line(&self, zone: &TimeZone) -> String {
        let since = self.since.as_deref().map(|since| format!(" since {}", minute(micros(since), zone)));
        let days = self.max_days.map(|days| format!("older than {days} days"));
        let bytes = self.max_bytes.map(|bytes| format!("beyond {}", size(bytes)));
        let goes = match (days, bytes) {
            (None, None) => "nothing is removed".into(),
            (Some(one), None) | (None, Some(one)) => format!("what is {one} is removed"),
            (Some(days), Some(bytes)) => format!("what is {days} or {bytes} is removed"),
        };
        format!("{}{}; {goes}", size(self.bytes), since.unwrap_or_default())
    }
}

#[derive(Deserialize)]
struct Counts {
    stored: u64,
    torn: u64,
    dropped: u64,
    lost: u64,
    spooled: u64,
    truncated: u64,
    malformed: u64,
    #[serde(default)]
    duplicates: u64,
}

pub(super) fn status(settings: &Settings, json: bool) -> Result<(), Failure> {
    let client = match Client::find(settings) {
        Ok(client) => client,
        Err(failure) => {
            if json {
                print_json(&json!({ "running": false }))?;
            }
            return Err(match log::last_error(&settings.home) {
                Some(error) if failure.code() == Code::NotRunning => {
                    let message = format!("{}; its log ends with: {error}", failure.message());
                    Failure::new(Code::NotRunning, message, "tailhook up")
                }
                _ => failure,
            });
        }
    };
    let mut value: serde_json::Value = client.get("/api/v1/stats")?;
    let url = &client.presence.url;
    if json {
        value["running"] = true.into();
        let mut listed: serde_json::Value = client.get("/api/v1/sessions")?;
        if let Some(sessions) = listed["sessions"].as_array_mut() {
            sessions.retain(|session| !session["agent"].as_str().is_some_and(is_own));
        }
        value["sessions"] = listed["sessions"].take();
        value["supervised"] = is_supervised(&client.presence).into();
        value["url"] = url.as_str().into();
        return print_json(&value);
    }
    let stats = Stats::deserialize(&value).map_err(|error| client.explain(not_numbers(&error)))?;
    let supervised = match &client.presence {
        presence if presence.service => "run by the service manager",
        presence if is_supervised(presence) => "supervised",
        _ => "not supervised",
    };
    let spread = |name: &str, spread: &Spread| {
        say(&format!(
            "{name:<10} p50 {} us, p99 {} us, max {} us ({})",
            spread.p50, spread.p99, spread.max, spread.count
        ))
    };
    let Counts { stored, torn, dropped, lost, spooled, truncated, malformed, duplicates } = stats.events;
    say(&format!(
        "running    pid {}, up {}, {supervised}, version {}",
        stats.pid,
        time(stats.uptime_s),
        stats.version
    ))?;
    say(&format!("url        {url}"))?;
    say(&format!("events     {stored} stored, {dropped} dropped, {torn} torn, {lost} payloads lost"))?;
    if let Some(kept) = &stats.kept {
        say(&format!("kept       {}", kept.line(&TimeZone::system())))?;
    }
    if spooled + truncated + malformed > 0 {
        say(&format!("odd        {spooled} through the spool, {truncated} cut short, {malformed} not JSON"))?;
    }
    if duplicates > 0 {
        say(&format!("told twice {duplicates} events, stored once: tailhook doctor says why"))?;
    }
    say(&format!("waiting    {} bytes in the journal", stats.lag_bytes))?;
    say(&format!("listening  {} subscribers", stats.subscribers))?;
    spread("hook", &stats.hook_us)?;
    spread("delivery", &stats.delivery_us)?;
    spread("commit", &stats.commit_us)?;
    if let Some(slow) = stats.slow_hooks.last() {
        let SlowHook { event, session_id, hook_us, .. } = slow;
        let event = event.as_deref().unwrap_or("a hook");
        say(&format!(
            "slow       {} hooks took longer than slow_hook_ms, the last {} us: {} of session {}",
            stats.slow_hook_count,
            hook_us,
            plain(event),
            plain(session_id)
        ))?;
    }
    if let Some(Difference { message, mend }) = difference(&stats.version) {
        say(&format!("version    {message}: {mend}"))?;
    }
    // That there is none is for `doctor` to say.
    if let Some(skew) = hook_version::skew() {
        say(&format!("version    {skew}: make install"))?;
    }
    match stats.store_trouble {
        Some(trouble) => Err(Failure::new(Code::Store, trouble, stats.store_hint.unwrap_or_default())),
        None => Ok(()),
    }
}

fn not_numbers(error: &serde_json::Error) -> Failure {
    Failure::new(Code::Failed, format!("the daemon's numbers cannot be read: {error}"), "tailhook doctor")
}

/// Whether somebody starts it again when it dies.
fn is_supervised(presence: &Presence) -> bool {
    presence.service || presence.supervisor.is_some()
}

fn time(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h{:02}m", seconds / 3_600, seconds / 60 % 60),
    }
}
