//! What took time in a session.

use rusqlite::{OptionalExtension, Row, params};
use tailhook_core::Name;
use tailhook_core::session::{Course, End, Outcome, Source, Span, SpanKind, SpanView};

use super::Part;
use crate::store::reader::Reader;
use crate::store::{StoreError, sql};

/// What [`span`] reads.
pub(super) const SPAN: &str = "SELECT id, kind, parent, turn, agent_id, agent_type, tool_name, summary, prompt, begin_seq, \
    begin_ns, asked_ns, end_seq, end_ns, outcome, closed_by, duration_ms, error, background, automatic, source FROM span";

/// Calls that count as failures.
pub(super) const FAILED: &str = "sum(outcome IN ('failed', 'denied'))";

impl Reader {
    /// Spans that began after the event `since`, in the order they began. Spans that one event began stay together, so
    /// a part may be longer than `limit`.
    pub(crate) fn spans(&self, session: i64, since: u64, limit: usize) -> Result<Part<SpanView>, StoreError> {
        let read = || -> rusqlite::Result<Vec<Span>> {
            let until: Option<u64> = self
                .connection
                .prepare_cached(
                    "SELECT begin_seq FROM span WHERE session = ?1 AND begin_seq > ?2 ORDER BY begin_seq LIMIT 1 OFFSET ?3",
                )?
                .query_row(params![session, since, limit.saturating_sub(1)], |row| row.get(0))
                .optional()?;
            let mut select = self.connection.prepare_cached(&format!(
                "{SPAN} WHERE session = ?1 AND begin_seq > ?2 AND begin_seq <= ?3 ORDER BY begin_seq, begin_ns, id"
            ))?;
            select.query_map(params![session, since, until.unwrap_or(i64::MAX as u64)], span)?.collect()
        };
        let spans = read().map_err(sql("read spans"))?;
        let last = spans.last().map(|span| span.begin_seq);
        let next = last.filter(|_| spans.len() >= limit);
        Ok(Part { items: spans.into_iter().map(Span::view).collect(), next })
    }
}

pub(super) fn span(row: &Row<'_>) -> rusqlite::Result<Span> {
    let name = |at: usize| row.get::<_, String>(at);
    let id = name(0)?;
    let outcome = Outcome::from_name(&name(14)?).unwrap_or_default();
    let end = match row.get::<_, Option<u64>>(12)? {
        Some(seq) => Some(End {
            seq,
            ns: row.get(13)?,
            outcome,
            closed_by: row.get(15)?,
            duration_ms: row.get(16)?,
            error: row.get(17)?,
        }),
        None => None,
    };
    Ok(Span {
        tool_use_id: id.strip_prefix("tool:").map(str::to_owned),
        id,
        kind: SpanKind::from_name(&name(1)?).unwrap_or_default(),
        parent: row.get(2)?,
        turn: row.get(3)?,
        agent_id: row.get(4)?,
        agent_type: row.get(5)?,
        tool_name: row.get_ref(6)?.as_str_or_null()?.map(Name::of),
        summary: row.get(7)?,
        begin_seq: row.get(9)?,
        background: row.get(18)?,
        automatic: row.get(19)?,
        source: Source::from_name(&name(20)?).unwrap_or_default(),
        course: Course { prompt: row.get(8)?, begin_ns: row.get(10)?, asked_ns: row.get(11)?, end },
    })
}
