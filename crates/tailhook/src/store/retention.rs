//! What is too old, or too much, goes: the oldest events first, a few at a time, while nothing waits in the journal.
//!
//! Events are removed from the front alone, so that the numbers of those that are left have no gaps and the number of
//! those that are gone is also that of the last of them. A session goes with its last event.

use rusqlite::{Connection, OptionalExtension};

use super::transaction::Transaction;
use super::{StoreError, sql};

/// Events removed in one step: about a millisecond.
const STEP_EVENTS: usize = 100;
/// Pages given back to the file system in one step.
const STEP_PAGES: u32 = 64;
/// So many free pages are kept for what comes next.
const SPARE_PAGES: u64 = 256;
/// So much time, or so many events, lie between two looks.
const EVERY_NS: u64 = 60_000_000_000;
const EVERY_EVENTS: u64 = 2_000;

/// How the events that were removed are counted.
pub(super) const REMOVED: &str = "removed";

/// What belongs to a session and goes with it, by the column that names the session.
const TABLES_OF_SESSION: [&str; 7] = ["span", "file", "task", "message", "answer", "hook_run", "transcript"];

/// How much is kept.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Retention {
    /// Older events go.
    pub(crate) max_age_ns: Option<u64>,
    /// The oldest go while the store holds more.
    pub(crate) max_bytes: Option<u64>,
}

/// What is there now.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Extent {
    /// When the oldest event was appended; none: there is no event.
    pub(crate) oldest_ns: Option<u64>,
    /// Without the room that is free for what comes next.
    pub(crate) bytes: u64,
}

impl Extent {
    pub(super) fn of(store: &Connection) -> rusqlite::Result<Self> {
        let oldest_ns = store
            .prepare_cached("SELECT stamp_ns FROM event ORDER BY seq LIMIT 1")?
            .query_row([], |row| row.get(0))
            .optional()?;
        Ok(Self { oldest_ns, bytes: used_bytes(store)? })
    }
}

/// When to look again.
#[derive(Debug, Default)]
pub(super) struct Due {
    looked_ns: u64,
    looked_seq: u64,
    /// The last step has left something to do.
    pub(super) more: bool,
}

impl Due {
    /// Whether it is time for a step.
    pub(super) fn now(&mut self, now_ns: u64, last_seq: u64) -> bool {
        let due = self.more
            || now_ns.saturating_sub(self.looked_ns) >= EVERY_NS
            || last_seq.saturating_sub(self.looked_seq) >= EVERY_EVENTS;
        if due {
            (self.looked_ns, self.looked_seq) = (now_ns, last_seq);
        }
        due
    }
}

/// What a step did.
#[derive(Debug, Default)]
pub(super) struct Removed {
    /// Ids of the sessions that are gone.
    pub(super) sessions: Vec<String>,
    /// There is more to do.
    pub(super) more: bool,
}

/// Removes a few events, or gives back a few pages.
pub(super) fn step(store: &mut Connection, keep: Retention, now_ns: u64) -> Result<Removed, StoreError> {
    let mut removed = Removed::default();
    let too_many = match keep.max_bytes {
        Some(max) => too_many(store, max).map_err(sql("measure the store"))?,
        None => 0,
    };
    let oldest_ns = keep.max_age_ns.map_or(0, |age| now_ns.saturating_sub(age));
    // Nobody else removes any: it can be looked for without being a writer, which most often is all there is to do.
    let last = last_to_go(store, too_many, oldest_ns).map_err(sql("find events to remove"))?;
    if let Some(last) = last {
        let transaction = Transaction::begin(store)?;
        removed.sessions = remove(&transaction, last).map_err(sql("remove events"))?;
        transaction.commit()?;
        removed.more = true;
    }
    let free = free_pages(store).map_err(sql("count free pages"))?;
    if free > SPARE_PAGES {
        let give_back = || -> rusqlite::Result<u64> {
            let mut vacuum = store.prepare_cached(&format!("PRAGMA incremental_vacuum({STEP_PAGES})"))?;
            let mut rows = vacuum.query([])?;
            while rows.next()?.is_some() {}
            drop(rows);
            free_pages(store)
        };
        // A file that cannot shrink must not be asked for ever.
        removed.more |= give_back().map_err(sql("give back free pages"))? < free;
    }
    Ok(removed)
}

/// The last of the oldest events that are too many or too old, a step's worth at most. The newest event stays: it
/// carries the numbering on.
fn last_to_go(store: &Connection, too_many: usize, oldest_ns: u64) -> rusqlite::Result<Option<u64>> {
    if too_many == 0 && oldest_ns == 0 {
        return Ok(None);
    }
    let mut select = store.prepare_cached("SELECT seq, stamp_ns FROM event ORDER BY seq LIMIT ?1")?;
    let mut rows = select.query([STEP_EVENTS + 1])?;
    let (mut last, mut previous, mut seen) = (None, None, 0);
    while let Some(row) = rows.next()? {
        last = previous.or(last);
        seen += 1;
        let goes = seen <= too_many || row.get::<_, u64>(1)? < oldest_ns;
        if !goes {
            return Ok(last);
        }
        previous = Some(row.get(0)?);
    }
    Ok(last)
}

/// Removes all events up to this one, and the sessions that have no others.
fn remove(transaction: &Transaction<'_>, last: u64) -> rusqlite::Result<Vec<String>> {
    let mut select = transaction.prepare_cached(
        "SELECT id, session_id FROM session WHERE id IN (SELECT DISTINCT session FROM event WHERE seq <= ?1)",
    )?;
    let sessions: Vec<(i64, String)> =
        select.query_map([last], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    transaction.prepare_cached("DELETE FROM event WHERE seq <= ?1")?.execute([last])?;
    // Numbers have no gaps, so the last that is gone says how many are.
    transaction.prepare_cached("INSERT OR REPLACE INTO counter VALUES (?1, ?2)")?.execute((REMOVED, last))?;
    let mut gone = Vec::new();
    for (id, session_id) in sessions {
        let left = transaction
            .prepare_cached("SELECT 1 FROM event WHERE session = ?1 LIMIT 1")?
            .query_row([id], |_| Ok(()))
            .optional()?;
        if left.is_none() {
            for table in TABLES_OF_SESSION {
                transaction.prepare_cached(&format!("DELETE FROM {table} WHERE session = ?1"))?.execute([id])?;
            }
            transaction.prepare_cached("DELETE FROM session WHERE id = ?1")?.execute([id])?;
            gone.push(session_id);
        }
    }
    Ok(gone)
}

fn pragma(store: &Connection, name: &str) -> rusqlite::Result<u64> {
    store.prepare_cached(&format!("PRAGMA {name}"))?.query_row([], |row| row.get(0))
}

fn free_pages(store: &Connection) -> rusqlite::Result<u64> {
    pragma(store, "freelist_count")
}

fn used_bytes(store: &Connection) -> rusqlite::Result<u64> {
    Ok((pragma(store, "page_count")? - free_pages(store)?) * pragma(store, "page_size")?)
}

/// About how many events are too many for this size, one at least where there is too much.
fn too_many(store: &Connection, max_bytes: u64) -> rusqlite::Result<usize> {
    let used = used_bytes(store)?;
    let over = used.saturating_sub(max_bytes);
    if over == 0 {
        return Ok(0);
    }
    let events: u64 =
        store.query_row("SELECT coalesce(max(seq) - min(seq) + 1, 0) FROM event", [], |row| row.get(0))?;
    let many = u128::from(events) * u128::from(over) / u128::from(used);
    Ok(usize::try_from(many).unwrap_or(usize::MAX).max(1))
}

#[cfg(test)]
mod tests {
    use tailhook_core::{Event, RawEvent, Redaction, agents};

    use super::Retention;
    use crate::store::{Batch, EventQuery, Reader, Writer};

    const SECOND: u64 = 1_000_000_000;

    /// One event a second; a session of 100 events after the other.
    fn events(n: u64) -> Vec<Event> {
        let event = |n: u64| {
            let payload = format!(
                r#"{{"session_id":"s{}","hook_event_name":"UserPromptSubmit","prompt":"word{n} common"}}"#,
                n / 100
            );
            let raw = RawEvent {
                stamp_ns: (1_000 + n) * SECOND,
                agent: "claude-code".into(),
                payload: payload.as_bytes().into(),
                ..RawEvent::default()
            };
            agents::parse(&raw, &Redaction::default())
        };
        (0..n).map(event).collect()
    }

    #[test]
    fn what_is_too_old_goes_with_its_sessions() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tailhook.db");
        let keep = Retention { max_age_ns: Some(300 * SECOND), max_bytes: None };
        let mut writer = Writer::open(&path).expect("a store").with_retention(keep);
        let position = crate::store::Position { segment: "a".into(), offset: Some(7) };
        let mut batch = Batch { events: events(1_000), positions: vec![position], torn: 3, ..Batch::default() };
        writer.commit(&mut batch, 0).expect("a commit");
        // The last event is of second 1,999; 250 events and a half session are young enough.
        let now_ns = 2_049 * SECOND;
        while writer.retain(now_ns).expect("a step") {}
        let check = |writer: &Writer| {
            let reader = Reader::open(&path).expect("the store");
            let first = reader.first_seq().expect("a number");
            // A step never goes further than it should, and stops at most one event short.
            assert!((750..=751).contains(&first), "{first}");
            assert_eq!((writer.last_seq(), reader.last_seq().expect("a number")), (1_000, 1_000));
            assert_eq!(reader.event_count().expect("a count"), 1_000 - first + 1);
            assert_eq!(reader.counter("torn").expect("a count"), 3);
            assert_eq!(writer.positions().expect("positions").get("a"), Some(&7));
            assert!(reader.session("s6").expect("readable").is_none());
            assert!(reader.session("s7").expect("readable").is_some());
            for (q, expect) in [("common", 1_000 - first + 1), ("word100", 0), ("word900", 1)] {
                let expression = std::sync::Arc::new(q.parse().expect("an expression"));
                let query = EventQuery { expression, limit: 1_000, ..EventQuery::default() };
                assert_eq!(reader.events(&query).expect("a page").events.len() as u64, expect, "{q}");
            }
        };
        check(&writer);
        drop(writer);
        let mut writer = Writer::open(&path).expect("again").with_retention(keep);
        check(&writer);
        // Long afterwards all but the newest is gone, and numbers go on.
        while writer.retain(now_ns + 1_000_000 * SECOND).expect("a step") {}
        assert_eq!(Reader::open(&path).and_then(|reader| reader.event_count()).expect("a count"), 1);
        writer.commit(&mut Batch { events: events(1), ..Batch::default() }, 0).expect("a commit");
        assert_eq!(writer.last_seq(), 1_001);
    }

    #[test]
    fn what_is_too_much_goes_and_the_file_shrinks() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("tailhook.db");
        let keep = Retention { max_age_ns: None, max_bytes: Some(2 << 20) };
        let mut writer = Writer::open(&path).expect("a store").with_retention(keep);
        let mut all = events(400);
        for (n, event) in all.iter_mut().enumerate() {
            // 20 KB that do not compress.
            let mut state = n as u64 + 1;
            event.payload.extend((0..20_000).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                (state >> 33) as u8
            }));
        }
        for batch in all.chunks(50) {
            writer.commit(&mut Batch { events: batch.to_vec(), ..Batch::default() }, 0).expect("a commit");
        }
        // The log goes into the file once the index's thread no longer reads.
        let settles = |writer: &Writer, is_right: fn(u64) -> bool| {
            let start = std::time::Instant::now();
            loop {
                writer.settle();
                let bytes = path.metadata().expect("the file").len();
                if is_right(bytes) {
                    return;
                }
                assert!(start.elapsed().as_secs() < 60, "{bytes}");
                std::thread::sleep(std::time::Duration::from_millis(20));
            }
        };
        settles(&writer, |bytes| bytes > 4 << 20);
        while writer.retain(60 * SECOND).expect("a step") {}
        settles(&writer, |bytes| bytes < 4 << 20);
        assert!(Reader::open(&path).and_then(|reader| reader.event_count()).expect("a count") > 50);
    }
}
