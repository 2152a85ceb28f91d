//! Two connections to the daemon, each on a thread of its own: one hears of all sessions and says how the daemon is
//! reached, the other brings the events of the scope. Both come back when the daemon does.

use std::fmt::Write as _;
use std::sync::mpsc::{SendError, SyncSender};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tailhook_core::{Envelope, Session};

use super::Input;
use super::news::{Connection, News, Scope};
use crate::cli::client::{Client, HangUp, Stream, escape};
use crate::cli::exit::Failure;
use crate::cli::own;
use crate::cli::selection::Page;
use crate::config::Settings;

/// Events shown at first.
const PAGE: usize = 300;
/// Missed events that are fetched one page after the other; with more, the newest page takes their place.
const CATCH_UP: usize = 1_000;
/// Between two looks for a daemon that is away.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// A message of the stream.
#[derive(Deserialize)]
struct System {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    data: serde_json::Value,
}

/// Nobody listens any more.
struct Over;

impl<T> From<SendError<T>> for Over {
    fn from(_: SendError<T>) -> Self {
        Self
    }
}

/// As it stands in an address, before more.
pub(super) fn query(scope: &Scope) -> String {
    let mut text = scope.fixed.clone();
    let is_asked = scope.session.is_some() || scope.names_own();
    let expression = if is_asked { scope.query.clone() } else { own::left_out(&scope.query) };
    for (name, value) in [("session", scope.session.as_deref()), ("q", Some(expression.as_str()))] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            let _ = write!(text, "{name}={}&", escape(value));
        }
    }
    text
}

/// Tells of sessions until nobody listens.
pub(super) fn follow_sessions(settings: Settings, input: SyncSender<Input>) {
    std::thread::spawn(move || {
        loop {
            let why = match sessions(&settings, &input) {
                Err(Over) => return,
                Ok(Some(failure)) => failure.message().to_owned(),
                Ok(None) => "the daemon went away".into(),
            };
            if input.send(Input::News(News::Connection(Connection::Away { why }))).is_err() {
                return;
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    });
}

/// One connection, from its begin to its end.
fn sessions(settings: &Settings, input: &SyncSender<Input>) -> Result<Option<Failure>, Over> {
    #[derive(Deserialize)]
    struct All {
        sessions: Vec<Session>,
    }
    // No event has this type: sessions and signs of life are all that comes.
    let found = Client::find(settings)
        .and_then(|client| client.stream("type=system.none&sessions=true").map(|stream| (client, stream)));
    let (client, mut stream) = match found {
        Ok(found) => found,
        Err(failure) => return Ok(Some(failure)),
    };
    let tell = |news: News| input.send(Input::News(news));
    while let Some(message) = stream.next() {
        let Ok(system) = serde_json::from_str::<System>(&message) else { continue };
        match system.kind.as_str() {
            "system.hello" => {
                // After the stream is open: what changes from now on is in it.
                match client.get::<All>("/api/v1/sessions") {
                    Ok(All { sessions }) => tell(News::Sessions { sessions, all: true })?,
                    Err(failure) => return Ok(Some(failure)),
                }
                let version = system.data["version"].as_str().unwrap_or_default().to_owned();
                tell(News::Connection(Connection::Live { version: crate::cli::text::plain(&version) }))?;
            }
            "system.session" => {
                if let Ok(session) = serde_json::from_value(system.data) {
                    tell(News::Sessions { sessions: vec![session], all: false })?;
                }
            }
            // We were too slow, and sessions may have changed meanwhile.
            "system.gap" => return Ok(None),
            _ => tell(News::Heartbeat)?,
        }
    }
    Ok(None)
}

/// The scope that is wanted, and the connection that may serve another one.
#[derive(Default)]
struct Wanted {
    scope: Scope,
    hang_up: Option<HangUp>,
}

/// Brings the events of one scope at a time.
pub(super) struct Events {
    wanted: Mutex<Wanted>,
    changed: Condvar,
}

impl Events {
    pub(super) fn follow(settings: Settings, scope: Scope, input: SyncSender<Input>) -> Arc<Self> {
        let wanted = Mutex::new(Wanted { scope, hang_up: None });
        let events = Arc::new(Self { wanted, changed: Condvar::new() });
        let ours = Arc::clone(&events);
        std::thread::spawn(move || {
            let mut seen = None;
            while let Ok(turn) = ours.serve(&settings, &input, &mut seen) {
                ours.pause(turn);
            }
        });
        events
    }

    /// Turns to another scope.
    pub(super) fn turn_to(&self, scope: Scope) {
        let mut wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        wanted.scope = scope;
        if let Some(hang_up) = wanted.hang_up.take() {
            hang_up.now();
        }
        self.changed.notify_one();
    }

    /// Until another scope is wanted, or for a while.
    fn pause(&self, turn: u64) {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        // Either way the next look is due.
        let _ = self.changed.wait_timeout_while(wanted, LOOK_AGAIN, |wanted| wanted.scope.turn == turn);
    }

    /// One scope, until another is wanted or the daemon goes. `seen`: the turn that was served, and up to which event.
    fn serve(
        &self,
        settings: &Settings,
        input: &SyncSender<Input>,
        seen: &mut Option<(u64, u64)>,
    ) -> Result<u64, Over> {
        let scope = self.wanted.lock().unwrap_or_else(PoisonError::into_inner).scope.clone();
        let turn = scope.turn;
        let known = seen.filter(|(seen, _)| *seen == turn).map(|(_, seq)| seq);
        let Ok(client) = Client::find(settings) else { return Ok(turn) };
        let last = match fetch(&client, &scope, known) {
            Ok((news, last)) => {
                if let Some(news) = news {
                    input.send(Input::News(news))?;
                }
                last
            }
            Err(failure) => {
                // Also where the daemon is gone: then the sessions' connection says so.
                if let Some(why) = failure.refusal() {
                    input.send(Input::News(News::Refused { turn, why: crate::cli::text::one_line(why) }))?;
                    self.pause_for_another(turn);
                }
                return Ok(turn);
            }
        };
        *seen = Some((turn, last));
        if let Ok(stream) = client.stream(&format!("{}since={last}", query(&scope))) {
            self.wanted.lock().unwrap_or_else(PoisonError::into_inner).hang_up = stream.hang_up();
            // Wanted between the look above and here.
            if self.wanted.lock().unwrap_or_else(PoisonError::into_inner).scope.turn == turn {
                let last = listen(stream, turn, last, input)?;
                *seen = Some((turn, last));
            }
        }
        Ok(turn)
    }

    fn pause_for_another(&self, turn: u64) {
        let wanted = self.wanted.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.changed.wait_while(wanted, |wanted| wanted.scope.turn == turn));
    }
}

/// What is stored: what was missed since `known`, or else the newest page. And the last event that it covers.
fn fetch(client: &Client, scope: &Scope, known: Option<u64>) -> Result<(Option<News>, u64), Failure> {
    let (turn, query) = (scope.turn, query(scope));
    if let Some(seq) = known {
        let page: Page = client.get(&format!("/api/v1/events?{query}since={seq}&limit={CATCH_UP}"))?;
        if page.next.is_none() {
            let last = page.events.last().map_or(seq, |event| event.seq);
            return Ok((Some(News::Events { turn, events: page.events, live: false }), last));
        }
    }
    // First the head, then the page: what comes in between is in the page.
    let stats: serde_json::Value = client.get("/api/v1/stats")?;
    let page: Page = client.get(&format!("/api/v1/events?{query}limit={PAGE}"))?;
    let last = page.events.last().map_or_else(|| stats["seq"].as_u64().unwrap_or(0), |event| event.seq);
    Ok((Some(News::Page { turn, older: page.next, events: page.events }), last))
}

/// Hands on what comes until the connection ends; gives the last event.
fn listen(mut stream: Stream, turn: u64, mut last: u64, input: &SyncSender<Input>) -> Result<u64, Over> {
    // Up to here it is a replay.
    let mut head = u64::MAX;
    while let Some(message) = stream.next() {
        if let Ok(event) = serde_json::from_str::<Envelope>(&message) {
            last = event.seq;
            input.send(Input::News(News::Events { turn, live: last > head, events: vec![event] }))?;
        } else if let Ok(system) = serde_json::from_str::<System>(&message) {
            match system.kind.as_str() {
                "system.hello" => head = system.data["seq"].as_u64().unwrap_or(u64::MAX),
                // We were too slow for the ring: what was missed is in the store.
                "system.gap" => return Ok(last),
                _ => {}
            }
        }
    }
    Ok(last)
}
