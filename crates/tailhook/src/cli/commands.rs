//! The short commands.

use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::arguments::{ListenOptions, ServeOptions};
use super::client::{Client, escape};
use super::exit::{Code, Failure};
use super::print::{line, say};
use crate::config::{Settings, look_at};
use crate::daemon::presence::{self, Presence};
use crate::daemon::{log, serve, supervise};
use crate::http::Token;

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
