//! The short commands.

use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use serde_json::json;
use tailhook_core::agents::is_own;

use super::arguments::{ListenOptions, ServeOptions};
use super::client::{Client, escape};
use super::exit::{Code, Failure};
use super::print::{line, say};
use super::text::plain;
use super::version::{Difference, difference};
use crate::config::{Settings, look_at};
use crate::daemon::presence::{self, Presence};
use crate::daemon::{log, serve, supervise};
use crate::hook_version;
use crate::http::Token;
use crate::measure::{SlowHook, Spread};

pub(super) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    say(&serde_json::to_string(value).map_err(|error| Failure::failed(error.to_string()))?)
}

fn start_log(settings: &Settings) -> Result<(), Failure> {
    log::start(settings).map_err(|error| Failure::new(Code::Config, error, "e.g. TAILHOOK_LOG=debug"))
}

pub(super) fn serve(settings: &Settings, options: &ServeOptions) -> Result<(), Failure> {
    start_log(settings)?;
    let ready = |presence: &Presence| {
        let Presence { url, beyond, port, pid, .. } = presence;
        // Nobody may be reading the line; that is no reason to end.
        let _ = if options.json {
            let mut ready = json!({ "ready": true, "url": url, "port": port, "pid": pid });
            if let Some(beyond) = beyond {
                ready["beyond"] = beyond.as_str().into();
            }
            line(&ready.to_string())
        } else {
            let beyond = beyond.as_ref().map(|beyond| format!(" and {beyond}")).unwrap_or_default();
            line(&format!("tailhook listens on {url}{beyond} (pid {pid}); `tailhook open` shows the dashboard"))
        };
    };
    Ok(serve::serve(settings, options.supervised, ready)?)
}

pub(super) fn supervise(settings: &Settings, listen: &ListenOptions) -> Result<(), Failure> {
    start_log(settings)?;
    // `up` waits for this line; after it, nobody reads.
    let ready = |text: &str| {
        let _ = line(text);
    };
    Ok(supervise::supervise(settings, &listen.arguments(), ready)?)
}

/// What `/api/v1/stats` says, as far as it is shown here.
#[derive(Deserialize)]
struct Stats {
    version: String,
    pid: i32,
    uptime_s: u64,
    subscribers: u64,
    events: Counts,
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

pub(super) fn open(settings: &Settings, session: Option<&str>, print_only: bool) -> Result<(), Failure> {
    let client = Client::find(settings)?;
    let url = login_url(&client, session)?;
    if print_only {
        return say(&url);
    }
    if open_in_browser(&url) {
        return say(&format!("opened {}", client.presence.url));
    }
    say(&url)
}

/// An address that logs a browser in, once.
fn login_url(client: &Client, session: Option<&str>) -> Result<String, Failure> {
    #[derive(Deserialize)]
    struct Login {
        path: String,
    }
    let Login { path } = client.post("/api/v1/login")?;
    let to = session.map(|id| format!("&to={}", escape(&format!("/?session={}", escape(id))))).unwrap_or_default();
    Ok(format!("{}{path}{to}", client.presence.url.trim_end_matches('/')))
}

/// False where there is no display, or nothing that could open an address.
#[expect(clippy::disallowed_methods, reason = "whether there is a display is no setting of ours")]
pub(super) fn open_in_browser(url: &str) -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let opener = if cfg!(target_os = "macos") {
        "open"
    } else if is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") {
        "xdg-open"
    } else {
        return false;
    };
    let quiet = || Stdio::null();
    Command::new(opener)
        .arg(url)
        .stdin(quiet())
        .stdout(quiet())
        .stderr(quiet())
        .status()
        .is_ok_and(|status| status.success())
}

pub(super) fn token(settings: &Settings, rotate: bool) -> Result<(), Failure> {
    let file = settings.home.token_file();
    if rotate && presence::find(&settings.home).is_some() {
        // The daemon does it: it also ends what the old one opened.
        Client::find(settings)?.post::<serde::de::IgnoredAny>("/api/v1/token/rotate")?;
        return token(settings, false);
    }
    let made = presence::make_state_folder(&settings.home)
        .and_then(|()| if rotate { Token::rotate(&file) } else { Token::load_or_create(&file) });
    let token = made.map_err(|error| {
        let message = format!("could not read or make the token {}: {error}", file.display());
        Failure::new(Code::Failed, message, look_at(settings.home.state(), &error))
    })?;
    say(token.reveal())
}
