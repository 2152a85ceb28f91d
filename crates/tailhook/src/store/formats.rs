//! Stores as every earlier version wrote them: nothing is lost on the way to the current format.
//!
//! `formats/N.sql` is what the program of format N added to a store, or changed in it; with all before it, it is a store
//! of that format. They are kept apart from the steps of `schema`, so that a step which somebody changes is found.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;
use serde_json::{Value, json};
use tailhook_core::session::SessionState;
use tailhook_core::transcript::price::PriceTable;

use super::{EventQuery, Position, Reader, StoreError, Writer};
use crate::store::writer::Batch;

const FORMATS: [&str; 6] = [
    include_str!("formats/1.sql"),
    include_str!("formats/2.sql"),
    include_str!("formats/3.sql"),
    include_str!("formats/4.sql"),
    include_str!("formats/5.sql"),
    include_str!("formats/6.sql"),
];

/// Who has a call that ended.
const CODEX: &str = "01a20179-2f71-7773-a13b-2785e6d4ab46";
/// Whose transcript was followed, from format 2 on, and who has a file and a task in format 3.
const CLAUDE: &str = "2738248e-2e85-4440-8bf6-4ecf9c3d1154";

/// What the tables of format 1 hold, read without the program.
struct Event {
    seq: u64,
    stamp_ns: u64,
    session_id: String,
    kind: String,
    agent: String,
    data: Value,
    payload: Vec<u8>,
}

#[expect(clippy::disallowed_methods, reason = "a store that another version has written")]
fn make(path: &Path, format: usize) -> Connection {
    let store = Connection::open(path).expect("a new store");
    let compressed = if format < 4 { "" } else { "PRAGMA auto_vacuum = INCREMENTAL;" };
    store.execute_batch(&format!("{compressed} PRAGMA journal_mode = WAL")).expect("as the daemon leaves it");
    for added in &FORMATS[..format] {
        store.execute_batch(added).expect("SQL");
    }
    store
}

/// What is in each of them.
fn original() -> (Vec<Event>, BTreeMap<String, Value>) {
    let folder = tempfile::tempdir().expect("a folder");
    let store = make(&folder.path().join("tailhook.db"), 1);
    let mut select = store
        .prepare(
            "SELECT seq, stamp_ns, session_id, kind.name, agent.name, data, payload FROM event
             JOIN session ON session.id = session JOIN kind ON kind.id = kind JOIN agent ON agent.id = agent ORDER BY seq",
        )
        .expect("the tables");
    let json = |text: String| serde_json::from_str(&text).expect("JSON");
    let events = select
        .query_map([], |row| {
            let data = json(row.get(5)?);
            let (session_id, kind, agent) = (row.get(2)?, row.get(3)?, row.get(4)?);
            Ok(Event { seq: row.get(0)?, stamp_ns: row.get(1)?, session_id, kind, agent, data, payload: row.get(6)? })
        })
        .and_then(Iterator::collect)
        .expect("events");
    let mut select = store.prepare("SELECT session_id, state FROM session WHERE session_id <> ''").expect("sessions");
    let sessions =
        select.query_map([], |row| Ok((row.get(0)?, json(row.get(1)?)))).and_then(Iterator::collect).expect("sessions");
    (events, sessions)
}

fn check_events(reader: &Reader, events: &[Event]) {
    let page = reader.events(&EventQuery { limit: 100, ..EventQuery::default() }).expect("a page");
    assert_eq!(page.events.len(), events.len());
    for event in events {
        let stored = reader.event(event.seq).expect("readable").expect("there");
        let envelope = &stored.envelope;
        assert_eq!(
            (envelope.session_id.as_str(), envelope.kind.as_str(), envelope.agent.as_str(), stored.stamp_ns),
            (event.session_id.as_str(), event.kind.as_str(), event.agent.as_str(), event.stamp_ns)
        );
        assert_eq!(serde_json::to_value(&envelope.data).expect("JSON"), event.data);
        assert_eq!(stored.payload, event.payload);
    }
}

fn check_sessions(reader: &Reader, sessions: &BTreeMap<String, Value>) {
    for (id, state) in sessions {
        let session = serde_json::to_value(reader.session(id).expect("readable").expect("there")).expect("JSON");
        for (field, value) in session.as_object().expect("an object") {
            // What a later version added has no value yet.
            assert!(state["session"].get(field).is_none_or(|old| old == value), "{id}: {field} is {value}");
        }
    }
}

/// Each span's id, how it ended, and the events that began and ended it.
fn spans(reader: &Reader, session: &str) -> Vec<Value> {
    let number = reader.session_number(session).expect("readable").expect("there");
    let spans = reader.spans(number, 0, 100).expect("spans").items;
    let short = |span: &Value| json!([span["id"], span["outcome"], span["begin_seq"], span["end_seq"]]);
    spans.iter().map(|span| short(&serde_json::to_value(span).expect("JSON"))).collect()
}

fn check_spans(reader: &Reader) {
    assert_eq!(
        spans(reader, CODEX),
        [json!(["turn:1", "ok", 7, 10]), json!(["tool:call_393b7aebc5574df2b96df501", "ok", 8, 9])]
    );
    assert_eq!(
        spans(reader, CLAUDE),
        [json!(["turn:1", "running", 4, null]), json!(["tool:toolu_2ce9db8148744600a73abb23", "running", 5, null])]
    );
}

/// What formats 2 and 3 brought and is not folded from events.
fn check_rows(reader: &Reader, format: usize) {
    let number = reader.session_number(CLAUDE).expect("readable").expect("there");
    if format >= 2 {
        let messages = reader.messages(number, 0, 10).expect("messages");
        let said: Vec<_> = messages.iter().map(|message| (message.role.as_str(), message.text.as_str())).collect();
        assert_eq!(said, [("user", "[[scenario:echo n=5 dir=/home/dev/project]] c1"), ("assistant", "I run it.")]);
        let usage = reader.usage(number, &PriceTable::default()).expect("usage");
        assert_eq!(usage.models.iter().map(|(_, spent)| spent.tokens.output).collect::<Vec<_>>(), [34]);
    }
    if format >= 3 {
        check_spans(reader);
        let files = reader.files(number, 10).expect("files");
        assert_eq!(files.iter().map(|file| file.path.as_str()).collect::<Vec<_>>(), ["/home/dev/project/a.rs"]);
        assert_eq!(reader.tasks(number).expect("tasks")[0].subject, "Write the tests");
    }
}

#[test]
fn a_store_of_every_earlier_format_keeps_everything() {
    let (events, sessions) = original();
    assert!(events.len() > 10 && sessions.len() > 3);
    for format in 1..=FORMATS.len() {
        eprintln!("format {format}");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tailhook.db");
        drop(make(&path, format));

        let mut writer = Writer::open(&path).expect("the current format");
        assert_eq!(writer.last_seq(), events.len() as u64);
        let positions: Vec<_> = writer.positions().expect("positions").into_iter().collect();
        assert_eq!(positions, [("0d012b4d7ebc6de6".into(), 27_617)]);
        let reader = Reader::open(&path).expect("the same");
        check_events(&reader, &events);
        check_sessions(&reader, &sessions);
        check_rows(&reader, format);

        // Its sessions are folded again by today's rules, which say the same of these.
        while writer.refold().expect("a step") {}
        check_events(&reader, &events);
        check_spans(&reader);

        // And it goes on from there.
        let position = Position { segment: "next".into(), offset: Some(1) };
        writer.commit(&mut Batch { positions: vec![position], ..Batch::default() }, 0).expect("a commit");
        drop(writer);
        assert_eq!(Writer::open(&path).expect("again").positions().expect("positions").len(), 2);
        check_events(&reader, &events);
    }
}

/// A program of format 6 wrote a session's row after its event, and may have been killed in between.
#[test]
fn a_session_that_was_left_behind_is_folded_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tailhook.db");
    let store = make(&path, 6);
    store.execute("UPDATE session SET fold = ?1", [SessionState::VERSION]).expect("as if folded by today's rules");
    // The last events belong to no session.
    store.execute("DELETE FROM event WHERE seq > (SELECT max(last_seq) FROM session)", []).expect("removed");
    let stale = "SELECT session_id FROM session WHERE fold <> ?1 AND session_id <> ''";
    for behind in [false, true] {
        if behind {
            store
                .execute("UPDATE session SET last_seq = last_seq - 1 WHERE last_seq = (SELECT max(seq) FROM event)", [])
                .expect("behind by its last event");
        }
        let copy = folder.path().join(format!("{behind}.db"));
        store.execute("VACUUM INTO ?1", [copy.to_str()]).expect("a copy");
        drop(Writer::open(&copy).expect("the current format"));
        let reader = Reader::open(&copy).expect("the same");
        let mut select = reader.connection().prepare(stale).expect("a table");
        let stale: Vec<String> =
            select.query_map([SessionState::VERSION], |row| row.get(0)).and_then(Iterator::collect).expect("sessions");
        assert_eq!(stale.len(), usize::from(behind), "{stale:?}");
    }
}

#[test]
fn a_store_of_a_newer_format_is_refused_and_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tailhook.db");
    let store = make(&path, FORMATS.len());
    // Nothing that a program does before it has read the format may show.
    store.execute_batch("PRAGMA user_version = 1000; PRAGMA journal_mode = DELETE").expect("a newer one");
    drop(store);
    let before = std::fs::read(&path).expect("the store");
    let refused = Writer::open(&path).map(drop).expect_err("refused");
    assert!(matches!(refused, StoreError::Newer { found: 1_000, .. }), "{refused}");
    assert!(refused.to_string().contains("its format is 1000, this program knows up to "), "{refused}");
    assert_eq!(refused.hint(), "update this tailhook: a newer one has written the store");
    assert!(std::fs::read(&path).expect("the store") == before, "it was changed");
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1, "something lies beside it");
}
