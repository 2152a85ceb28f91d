//! `tailhook export`: everything that is stored, as one envelope per line, as a table, or to be read.
//!
//! Pages come by `since` and are written before the next one is asked for. Payloads are up to 8 MiB each, so a page of
//! them is asked for by what the events before them say about their size: memory is bounded by one page, or one event.

use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};

use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tailhook_core::Envelope;

use super::arguments::{ExportFormat, ExportOptions};
use super::client::Client;
use super::exit::Failure;
use super::print;
use super::selection::zone;
use crate::config::Settings;

mod csv;
mod markdown;
mod progress;

use markdown::Markdown;
use progress::Progress;

/// Events without payloads are a few hundred bytes each.
const PAGE: usize = 500;
/// Bytes of payloads in one page, unless a single one is larger.
const PAGE_BYTES: u64 = 4 << 20;

/// Prints every event that is stored when it starts and passes the filter, oldest first.
pub(super) fn export(settings: &Settings, options: &ExportOptions) -> Result<(), Failure> {
    let query = options.selection.query(options.since.as_ref())?;
    let client = Client::find(settings)?;
    let seen = options.since.as_ref().map_or(Ok(0), |since| since.seq(&client))?;
    // What is stored while we write is for the next time: an export ends.
    let stats: Value = client.get("/api/v1/stats")?;
    let head = stats["seq"].as_u64().unwrap_or(0);
    let mut export = Export { client, filter: query, seen, head, writer: Writer::new(options)? };
    while export.seen < head {
        let page = export.page(PAGE, false)?;
        if options.payload || matches!(options.format, ExportFormat::Md) {
            export.with_payloads(&page)?;
        } else {
            export.write(&page)?;
        }
        // A page of which nothing matched is no end.
        match page.next {
            Some(next) => export.seen = export.seen.max(next),
            None => break,
        }
    }
    export.writer.finish()
}

/// Envelopes as the daemon wrote them: what this program does not know goes through all the same.
#[derive(Deserialize)]
struct Page {
    events: Vec<Box<RawValue>>,
    next: Option<u64>,
}

/// What is needed of an envelope to go on.
#[derive(Deserialize)]
struct Place {
    seq: u64,
    #[serde(default)]
    data: Size,
}

#[derive(Deserialize, Default)]
struct Size {
    #[serde(default)]
    bytes: u64,
}

struct Export<'o> {
    client: Client,
    filter: String,
    /// The last event that was looked at.
    seen: u64,
    /// The last event that will be.
    head: u64,
    writer: Writer<'o>,
}

impl Export<'_> {
    fn page(&self, limit: usize, payload: bool) -> Result<Page, Failure> {
        let payload = if payload { "&payload=full" } else { "" };
        self.client.get(&format!("/api/v1/events?{}since={}&limit={limit}{payload}", self.filter, self.seen))
    }

    /// The same events again, in pages small enough to come with their payloads.
    fn with_payloads(&mut self, page: &Page) -> Result<(), Failure> {
        let sizes = page.events.iter().map(|event| place(event)).collect::<Result<Vec<_>, _>>()?;
        for count in split(&sizes.iter().map(|place| place.data.bytes).collect::<Vec<_>>()) {
            if self.seen >= self.head {
                break;
            }
            let page = self.page(count, true)?;
            self.write(&page)?;
        }
        Ok(())
    }

    fn write(&mut self, page: &Page) -> Result<(), Failure> {
        for event in &page.events {
            // Also where it is past the head: that is what ends the export.
            self.seen = place(event)?.seq;
            if self.seen > self.head {
                break;
            }
            self.writer.event(event.get())?;
        }
        self.writer.flush(page.events.len() as u64)
    }
}

fn place(event: &RawValue) -> Result<Place, Failure> {
    serde_json::from_str(event.get()).map_err(|error| unclear(&error))
}

fn unclear(error: &serde_json::Error) -> Failure {
    Failure::failed(format!("could not understand the daemon's answer: {error}"))
}

/// How many events go into each page.
fn split(sizes: &[u64]) -> Vec<usize> {
    let mut counts = Vec::new();
    let (mut count, mut bytes) = (0, 0_u64);
    for size in sizes {
        if count > 0 && bytes.saturating_add(*size) > PAGE_BYTES {
            counts.push(count);
            (count, bytes) = (0, 0);
        }
        count += 1;
        bytes = bytes.saturating_add(*size);
    }
    counts.extend((count > 0).then_some(count));
    counts
}

/// Standard output, and how an event is written to it.
struct Writer<'o> {
    options: &'o ExportOptions,
    out: BufWriter<StdoutLock<'static>>,
    /// Cells are shown to a person: nothing in them may steer the terminal.
    plain: bool,
    progress: Progress,
    markdown: Markdown,
    zone: TimeZone,
}

impl<'o> Writer<'o> {
    fn new(options: &'o ExportOptions) -> Result<Self, Failure> {
        let mut writer = Self {
            options,
            out: BufWriter::new(io::stdout().lock()),
            plain: print::is_terminal(),
            // Both on one terminal would only be in each other's way.
            progress: Progress::new(io::stderr().is_terminal() && !print::is_terminal()),
            markdown: Markdown::default(),
            zone: zone(),
        };
        if matches!(options.format, ExportFormat::Csv) {
            writer.put(&csv::head(options.payload))?;
        }
        Ok(writer)
    }

    fn event(&mut self, json: &str) -> Result<(), Failure> {
        let line = match self.options.format {
            ExportFormat::Jsonl => one_line(json),
            ExportFormat::Csv => {
                let envelope: Envelope = serde_json::from_str(json).map_err(|error| unclear(&error))?;
                csv::row(&envelope, self.options.payload, self.plain)
            }
            ExportFormat::Md => {
                let envelope: Envelope = serde_json::from_str(json).map_err(|error| unclear(&error))?;
                self.markdown.event(&envelope, &self.zone)
            }
        };
        self.put(&line)
    }

    fn put(&mut self, text: &str) -> Result<(), Failure> {
        written(self.out.write_all(text.as_bytes()))
    }

    /// After each page: whoever reads us need not wait for the next.
    fn flush(&mut self, count: u64) -> Result<(), Failure> {
        written(self.out.flush())?;
        self.progress.add(count);
        Ok(())
    }

    fn finish(mut self) -> Result<(), Failure> {
        written(self.out.flush())
    }
}

/// Whoever read us has seen enough when the pipe is closed: that ends the program well.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
        other => other.map_err(|error| Failure::failed(format!("could not write: {error}"))),
    }
}

/// JSON as one line that steers no terminal. A payload is the agent's own text and may have line breaks between its
/// values; inside its strings JSON has none, but it may have characters that some terminals take for orders.
fn one_line(json: &str) -> String {
    use std::fmt::Write as _;
    let mut line = String::with_capacity(json.len() + 1);
    for c in json.chars() {
        match c {
            '\n' | '\r' => line.push(' '),
            '\u{7f}'..='\u{9f}' => {
                let _ = write!(line, "\\u{:04x}", u32::from(c));
            }
            c => line.push(c),
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_payloads_are_small() {
        let mib = 1 << 20;
        assert_eq!(split(&[]), Vec::<usize>::new());
        assert_eq!(split(&[1; 10]), [10]);
        assert_eq!(split(&[3 * mib, mib, mib, 8 * mib, 8 * mib, 0]), [2, 1, 1, 1, 1]);
        assert_eq!(split(&[u64::MAX, u64::MAX]), [1, 1]);
    }

    #[test]
    fn json_becomes_one_harmless_line() {
        assert_eq!(one_line("{\"a\":\r\n \"b\u{9b}\u{7f}\"}"), "{\"a\":   \"b\\u009b\\u007f\"}\n");
    }
}
