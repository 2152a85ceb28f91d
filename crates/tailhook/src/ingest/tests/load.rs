//! What a load leaves behind.

use std::sync::Arc;
use std::time::Instant;

use super::super::{BREATH, Ingest, Load, MANY, SETTLE, SharedRedaction};
use super::*;
use crate::live::Live;
use crate::measure::Measure;
use crate::store::Retention;

fn ingest(home: &TempDir) -> Ingest {
    keeping(home, Retention::default())
}

fn keeping(home: &TempDir, retention: Retention) -> Ingest {
    let writer = Writer::open(&home.path().join("tailhook.db")).expect("a store").with_retention(retention);
    let redaction = SharedRedaction::from(Redaction::default());
    let measure = Arc::new(Measure::new(0, Duration::from_millis(10)));
    Ingest::open(&folders(home), writer, redaction, Live::new(), measure).expect("a journal").0
}

fn append(home: &TempDir, events: usize) {
    let place = Place { uid: sys::effective_uid(), home: Some(home.path().as_os_str().as_bytes()) };
    for n in 0..events {
        let payload = format!(r#"{{"session_id":"s","hook_event_name":"Stop","n":{n}}}"#);
        let frame = Frame {
            flags: Flags::default(),
            pid: n as u32 + 1,
            ppid: 0,
            hook_ns: 0,
            stamp_ns: sys::now_ns(),
            total_bytes: payload.len() as u64,
            agent: b"claude-code",
            event: b"",
            payload: payload.as_bytes(),
            stages: None,
        };
        assert_eq!(append::append(&place, HookLimits::default(), &frame), Appended::Journal);
    }
}

#[test]
fn under_load_passes_are_a_breath_apart() {
    let home = make_home();
    let mut ingest = ingest(&home);
    for (events, is_load) in [(MANY - 1, false), (MANY, true), (0, false)] {
        append(&home, events);
        assert!(!ingest.pass().expect("stored"));
        let started = Instant::now();
        assert_eq!(ingest.takes_a_breath(started), is_load, "after {events}");
        assert!(!is_load || started.elapsed() >= BREATH);
        // Each pass has one.
        assert!(!ingest.takes_a_breath(started));
    }
    // A pass that took as long was one itself. On a busy machine a look at the clock may take as long, now and then.
    let long_ago = Instant::now().checked_sub(Duration::from_mins(1)).expect("the machine runs for longer");
    let took = (0..100).map(|_| {
        let started = Instant::now();
        ingest.is_busy = true;
        assert!(ingest.takes_a_breath(long_ago));
        started.elapsed()
    });
    assert!(took.min() < Some(BREATH));
}

#[test]
fn after_a_load_it_looks_once_more_and_gives_memory_back() {
    let home = make_home();
    let mut ingest = ingest(&home);
    append(&home, MANY - 1);
    ingest.pass().expect("stored");
    assert_eq!((ingest.tidy(), ingest.load), (None, Load::None));
    append(&home, 3 * MANY);
    ingest.pass().expect("stored");
    assert_eq!(ingest.tidy(), Some(SETTLE));
    assert_eq!(ingest.load, Load::Over);
    assert!(ingest.segments.holds_memory(), "the next batch may come at once");
    ingest.pass().expect("nothing");
    assert_eq!((ingest.tidy(), ingest.load), (None, Load::None));
    assert!(!ingest.segments.holds_memory());
    let stored = Reader::open(&home.path().join("tailhook.db")).and_then(|reader| reader.event_count());
    assert_eq!(stored.expect("a count"), 4 * MANY as u64 - 1);
}

#[test]
fn memory_is_given_back_once_however_much_is_to_be_removed_then() {
    let home = make_home();
    let mut ingest = keeping(&home, Retention { max_age_ns: Some(1), ..Retention::default() });
    append(&home, 3 * MANY);
    ingest.pass().expect("stored");
    // More than a few steps remove.
    for load in [Load::Over, Load::None, Load::None] {
        assert_eq!((ingest.tidy(), ingest.load), (Some(Duration::ZERO), load));
    }
    assert!(!ingest.segments.holds_memory());
}
