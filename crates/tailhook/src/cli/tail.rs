//! `tailhook tail`: events as lines.

use std::time::Duration;

use tailhook_core::Envelope;

use super::arguments::TailOptions;
use super::client::Client;
use super::exit::Failure;
use super::line::Style;
use super::print;
use super::selection::{Page, Since, zone};
use crate::config::Settings;

/// Events shown from the past where nobody says from when.
const CONTEXT: usize = 10;
/// Between two looks for a daemon that went away.
const RECONNECT: Duration = Duration::from_millis(500);

/// What is printed, and when it is enough.
struct Printer {
    json: bool,
    style: Style,
    left: Option<usize>,
    seen: u64,
    has_printed: bool,
}

/// Prints what is stored, then what comes.
pub(super) fn tail(settings: &Settings, options: &TailOptions) -> Result<(), Failure> {
    let query = options.selection.query_of_work(options.since.as_ref())?;
    let mut client = Client::find(settings)?;
    let since = options.since.as_ref().map(|since: &Since| since.seq(&client)).transpose()?;
    let mut printer = Printer {
        json: options.json || !print::is_terminal(),
        style: Style { colours: print::has_colours(), columns: None, zone: zone() },
        left: options.limit,
        seen: since.unwrap_or(0),
        has_printed: false,
    };
    if options.no_follow && since.is_some() {
        return everything_since(&client, &query, &mut printer);
    }
    if since.is_none() {
        let limit = options.limit.unwrap_or(CONTEXT);
        // First the head, then the page: what comes in between is in the page.
        let status: serde_json::Value = client.get("/api/v1/stats")?;
        let page: Page = client.get(&format!("/api/v1/events?{query}limit={}", limit.clamp(1, 1_000)))?;
        let newest = page.events.last().map_or(0, |event| event.seq);
        // Without a match so far, what comes is all that is wanted.
        let start = if newest == 0 { status["seq"].as_u64().unwrap_or(0) } else { newest };
        printer.all(&page.events)?;
        printer.seen = printer.seen.max(start);
    }
    if options.no_follow || printer.is_done() {
        return Ok(());
    }
    if since.is_none() && !printer.json && !printer.has_printed {
        eprintln!("waiting for events; Ctrl-C ends");
    }
    loop {
        follow(&client, &query, &mut printer)?;
        if printer.is_done() {
            return Ok(());
        }
        eprintln!("tailhook: the daemon went away; waiting for it");
        client = loop {
            std::thread::sleep(RECONNECT);
            if let Ok(client) = Client::find(settings) {
                break client;
            }
        };
    }
}

fn everything_since(client: &Client, query: &str, printer: &mut Printer) -> Result<(), Failure> {
    loop {
        let limit = printer.left.unwrap_or(1_000).clamp(1, 1_000);
        let page: Page = client.get(&format!("/api/v1/events?{query}since={}&limit={limit}", printer.seen))?;
        printer.all(&page.events)?;
        // A page can be empty and not the last one: it ends where looking further would take long.
        let Some(next) = page.next.filter(|_| !printer.is_done()) else { return Ok(()) };
        printer.seen = printer.seen.max(next);
    }
}

/// Until the connection ends or enough was printed.
fn follow(client: &Client, query: &str, printer: &mut Printer) -> Result<(), Failure> {
    while let Ok(mut stream) = client.stream(&format!("{query}since={}", printer.seen)) {
        let mut missed = false;
        while !missed && let Some(message) = stream.next() {
            if let Ok(envelope) = serde_json::from_str::<Envelope>(&message) {
                printer.all(std::slice::from_ref(&envelope))?;
                if printer.is_done() {
                    return Ok(());
                }
            } else {
                // We were too slow for the ring: connecting again gives what we missed, from the store.
                missed = message.contains("\"system.gap\"");
            }
        }
        if !missed {
            return Ok(());
        }
    }
    Ok(())
}

impl Printer {
    fn all(&mut self, events: &[Envelope]) -> Result<(), Failure> {
        if !self.json && !events.is_empty() {
            // The window may have changed since the last.
            self.style.columns = print::columns();
        }
        for event in events {
            if self.is_done() {
                return Ok(());
            }
            if event.seq <= self.seen {
                continue;
            }
            let text =
                if self.json { serde_json::to_string(event).unwrap_or_default() } else { self.style.line(event) };
            print::say(&text)?;
            self.seen = event.seq;
            self.has_printed = true;
            if let Some(left) = &mut self.left {
                *left -= 1;
            }
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.left == Some(0)
    }
}
