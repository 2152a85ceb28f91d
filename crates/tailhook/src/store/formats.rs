//! Stores as every earlier version wrote them: nothing is lost on the way to the current format.

use std::path::Path;

use rusqlite::Connection;
use serde_json::Value;

use super::{EventQuery, Position, Reader, Writer};
use crate::store::writer::Batch;

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
fn write(path: &Path, dump: &str) -> (Vec<Event>, Vec<(String, Value)>) {
    let store = Connection::open(path).expect("a new store");
    store.execute_batch("PRAGMA journal_mode = WAL").expect("as the daemon leaves it");
    store.execute_batch(dump).expect("the dump");
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

#[test]
fn a_store_of_format_1_keeps_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tailhook.db");
    let (events, sessions) = write(&path, include_str!("formats/1.sql"));
    assert!(events.len() > 10 && sessions.len() > 3);

    let mut writer = Writer::open(&path).expect("the current format");
    assert_eq!(writer.last_seq(), events.len() as u64);
    assert_eq!(
        writer.positions().expect("positions").into_iter().collect::<Vec<_>>(),
        [("0d012b4d7ebc6de6".into(), 27_617)]
    );
    let reader = Reader::open(&path).expect("the same");
    for event in &events {
        let stored = reader.event(event.seq).expect("readable").expect("there");
        let envelope = &stored.envelope;
        assert_eq!(
            (envelope.session_id.as_str(), envelope.kind.as_str(), envelope.agent.as_str(), stored.stamp_ns),
            (event.session_id.as_str(), event.kind.as_str(), event.agent.as_str(), event.stamp_ns)
        );
        assert_eq!(serde_json::to_value(&envelope.data).expect("JSON"), event.data);
        assert_eq!(stored.payload, event.payload);
    }
    for (id, state) in &sessions {
        let session = serde_json::to_value(reader.session(id).expect("readable").expect("there")).expect("JSON");
        for (field, value) in session.as_object().expect("an object") {
            // What a later version added has no value yet.
            assert!(state["session"].get(field).is_none_or(|old| old == value), "{id}: {field} is {value}");
        }
    }
    // And it goes on from there.
    let mut batch = Batch { positions: vec![Position { segment: "next".into(), offset: Some(1) }], ..Batch::default() };
    writer.commit(&mut batch, 0).expect("a commit");
    let page = reader.events(&EventQuery { limit: 100, ..EventQuery::default() }).expect("a page");
    assert_eq!(page.events.len(), events.len());
    drop(writer);
    assert_eq!(Writer::open(&path).expect("again").positions().expect("positions").len(), 2);
}
