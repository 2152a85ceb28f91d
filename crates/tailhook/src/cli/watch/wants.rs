//! The daemon, asked on the side: whatever is wanted, the picture goes on.
//!
//! There is a place for each kind of question and the newest of a kind takes it: whoever holds a key down asks for what
//! he stops at.

use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use serde_json::Value;

use super::Input;
use super::news::{News, Scope, Stats};
use super::source::query;
use crate::cli::client::Client;
use crate::cli::selection::Page;
use crate::config::Settings;

/// Events that one look back brings.
const OLDER: usize = 300;

#[derive(Default)]
struct Open {
    event: Option<u64>,
    older: Option<(Scope, u64)>,
    stats: bool,
}

/// Questions that nobody has taken up yet.
#[derive(Default)]
pub(super) struct Wants {
    open: Mutex<Open>,
    changed: Condvar,
}

impl Wants {
    /// Starts the thread that asks.
    pub(super) fn start(settings: &Settings, input: SyncSender<Input>) -> Arc<Self> {
        let wants = Arc::new(Self::default());
        let (theirs, settings) = (Arc::clone(&wants), settings.clone());
        std::thread::spawn(move || {
            // The end of the picture ends it.
            while input.send(Input::News(theirs.answer(&settings))).is_ok() {}
        });
        wants
    }

    pub(super) fn event(&self, seq: u64) {
        self.put(|open| open.event = Some(seq));
    }

    pub(super) fn older(&self, scope: Scope, before: u64) {
        self.put(|open| open.older = Some((scope, before)));
    }

    pub(super) fn stats(&self) {
        self.put(|open| open.stats = true);
    }

    fn put(&self, change: impl FnOnce(&mut Open)) {
        change(&mut self.open.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_one();
    }

    /// Waits for a question and answers it.
    fn answer(&self, settings: &Settings) -> News {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // What somebody looks at comes first.
            if let Some(seq) = open.event.take() {
                drop(open);
                return event(settings, seq);
            }
            if let Some((scope, before)) = open.older.take() {
                drop(open);
                return older(settings, &scope, before);
            }
            if std::mem::take(&mut open.stats) {
                drop(open);
                let stats = Client::find(settings).and_then(|client| client.get::<Stats>("/api/v1/stats"));
                return stats.map_or(News::Heartbeat, News::Stats);
            }
            open = self.changed.wait(open).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

fn event(settings: &Settings, seq: u64) -> News {
    let answer = Client::find(settings).and_then(|client| client.get::<Box<Value>>(&format!("/api/v1/events/{seq}")));
    News::Event { seq, answer: answer.map_err(|failure| failure.message().to_owned()) }
}

fn older(settings: &Settings, scope: &Scope, before: u64) -> News {
    let path = format!("/api/v1/events?{}before={before}&limit={OLDER}", query(scope));
    match Client::find(settings).and_then(|client| client.get::<Page>(&path)) {
        Ok(page) => News::Older { turn: scope.turn, older: page.next, events: page.events },
        Err(_) => News::Heartbeat,
    }
}
