//! What the store finds is what matches live, however far the index has come.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tailhook_core::{Event, Expression};

use super::{Lookup, open_index, path_of};
use crate::store::recorded::recorded;
use crate::store::{Batch, EventQuery, Reader, Writer, schema};

fn commit(writer: &mut Writer, events: &[Event]) {
    writer.commit(&mut Batch { events: events.to_vec(), ..Batch::default() }, 0).expect("a commit");
}

fn wait_for_index(path: &Path, seq: u64) {
    let start = Instant::now();
    loop {
        let reader = Reader::open(path).expect("the store");
        let indexed = reader.take_lookup().and_then(|mut lookup| {
            lookup.begin().ok()?;
            Some(lookup.indexed)
        });
        if indexed.is_some_and(|indexed| indexed + 256 > seq) {
            return;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "the index stays at {indexed:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

const EXPRESSIONS: &[&str] = &[
    "echo",
    "ECHO dir",
    "\"exit code\"",
    "scen*",
    "src/main.rs",
    "failed",
    "tool_name:Bash failed",
    "type:hook.post_* NOT tool:Bash",
    "type:hook.p*",
    "agent:codex OR agent:gemini-cli write",
    "duration>10ms",
    "duration<1ms OR failed",
    "NOT type:hook.*_tool_use",
    "cwd:/home/dev/*",
    "project:project user_prompt",
    "bytes>2k tool:*",
    "mode:bypasspermissions stop",
    "summary:echo",
    "zanzibar",
    "session:1-2738248e-2e85-4440-8bf6-4ecf9c3d1154",
    "session:0-* tool:Read",
    "model:*",
];

/// Everything that a query gives, page by page.
fn all(reader: &Reader, query: &EventQuery, forward: bool) -> Vec<u64> {
    let mut found = Vec::new();
    let mut query = EventQuery { limit: 7, ..query.clone() };
    if forward {
        query.since = Some(0);
    }
    loop {
        let page = reader.events(&query).expect("a page");
        let seqs = page.events.iter().map(|event| event.envelope.seq);
        if forward {
            found.extend(seqs);
        } else {
            found.splice(0..0, seqs).for_each(drop);
        }
        match page.next {
            Some(next) if forward => query.since = Some(next),
            Some(next) => query.before = Some(next),
            None => return found,
        }
    }
}

fn check(path: &Path, events: &[Event]) {
    let reader = Reader::open(path).expect("the store");
    for text in EXPRESSIONS {
        let expression = Arc::new(Expression::parse(text).expect(text));
        let expect: Vec<u64> =
            (1..).zip(events).filter(|(_, event)| expression.matches(*event)).map(|(n, _)| n).collect();
        let query = EventQuery { expression, ..EventQuery::default() };
        assert_eq!(all(&reader, &query, true), expect, "{text}");
        assert_eq!(all(&reader, &query, false), expect, "{text}, newest first");
    }
    let kinds = ["hook.stop".to_owned(), "hook.session_*".to_owned()];
    let is_wanted = |event: &Event| event.kind == "hook.stop" || event.kind.starts_with("hook.session_");
    let expect: Vec<u64> = (1..).zip(events).filter(|(_, event)| is_wanted(event)).map(|(n, _)| n).collect();
    let query = EventQuery { kinds: kinds.to_vec(), ..EventQuery::default() };
    assert_eq!(all(&reader, &query, false), expect);
    let session = events[0].session_id.clone();
    let expect: Vec<u64> = (1..).zip(events).filter(|(_, event)| event.session_id == session).map(|(n, _)| n).collect();
    assert_eq!(all(&reader, &EventQuery { sessions: vec![session], ..EventQuery::default() }, false), expect);
}

#[test]
fn what_is_found_is_what_matches() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tailhook.db");
    let events = recorded(2);
    let (first, rest) = events.split_at(100);
    let mut writer = Writer::open(&path).expect("a store");
    commit(&mut writer, first);
    // Nothing is indexed yet.
    check(&path, first);
    commit(&mut writer, rest);
    wait_for_index(&path, events.len() as u64);
    check(&path, &events);
    drop(writer);

    // Made again where it is damaged, gone or of another store.
    let index = path_of(&path);
    std::fs::write(&index, b"this is no database, and was none before either").expect("written");
    drop(Writer::open(&path).expect("the store"));
    let mut writer = Writer::open(&path).expect("the store");
    wait_for_index(&path, events.len() as u64);
    check(&path, &events);
    commit(&mut writer, first);
    check(&path, &[&events[..], first].concat());
}

#[test]
fn an_index_that_is_ahead_is_of_another_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tailhook.db");
    let events = recorded(2);
    let mut writer = Writer::open(&path).expect("a store");
    commit(&mut writer, &events[..300]);
    // As where a copy of the store is put back, and the index beside it is that of later.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let older = elsewhere.path().join("tailhook.db");
    let copy = |from: &rusqlite::Connection, to: &Path| {
        from.execute("VACUUM INTO ?1", [to.to_string_lossy()]).expect("copied");
    };
    copy(&schema::open_for_reading(&path).expect("the store"), &older);
    commit(&mut writer, &events[300..700]);
    wait_for_index(&path, 700);
    copy(&open_index(&path, false).expect("the index"), &path_of(&older));
    drop(writer);
    let path = older;
    let mut writer = Writer::open(&path).expect("the older store");
    wait_for_index(&path, 300);
    let reader = Reader::open(&path).expect("the store");
    assert!(Lookup::open(&path, reader.identity().expect("one")).is_some());
    let others: Vec<Event> = events[700..].iter().take(300).cloned().collect();
    commit(&mut writer, &others);
    check(&path, &[&events[..300], &others].concat());
}
