//! What a session was asked, one prompt after the other.

use rusqlite::params;
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::session::{Outcome, Span};

use super::Part;
use super::spans::{FAILED, SPAN, span};
use crate::store::conversation::Spent;
use crate::store::reader::Reader;
use crate::store::{StoreError, sql};

/// One turn, as clients see it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Turn {
    pub(crate) n: u64,
    pub(crate) prompt: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) automatic: bool,
    pub(crate) begin_seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_seq: Option<u64>,
    pub(crate) begin_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_at: Option<String>,
    pub(crate) outcome: Outcome,
    pub(crate) tools: u64,
    pub(crate) failures: u64,
    /// What its answers took, for whoever asks for it to fill in.
    #[serde(flatten)]
    pub(crate) spent: Option<Spent>,
}

impl Reader {
    /// All turns, oldest first.
    pub(crate) fn turns(&self, session: i64, since: u64, limit: usize) -> Result<Part<Turn>, StoreError> {
        let read = || -> rusqlite::Result<Vec<Turn>> {
            let mut select = self.connection.prepare_cached(&format!(
                "{SPAN} WHERE session = ?1 AND kind = 'turn' AND turn > ?2 ORDER BY turn LIMIT ?3"
            ))?;
            let spans: Vec<Span> = select.query_map(params![session, since, limit], span)?.collect::<Result<_, _>>()?;
            let mut count = self.connection.prepare_cached(&format!(
                "SELECT count(*), coalesce({FAILED}, 0) FROM span WHERE session = ?1 AND kind = 'tool' AND turn = ?2 \
                 AND begin_seq >= ?3"
            ))?;
            let turn = |span: Span| {
                let (tools, failures) = count
                    .query_row(params![session, span.turn, span.begin_seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(turn(span, tools, failures))
            };
            spans.into_iter().map(turn).collect()
        };
        let turns = read().map_err(sql("read turns"))?;
        let next = turns.last().filter(|_| turns.len() == limit).map(|turn| turn.n);
        Ok(Part { items: turns, next })
    }
}

fn turn(span: Span, tools: u64, failures: u64) -> Turn {
    let prompt = span.course.prompt.clone();
    let view = span.view();
    Turn {
        n: view.turn,
        prompt: prompt.unwrap_or(view.summary),
        automatic: view.automatic,
        begin_seq: view.begin_seq,
        end_seq: view.course.end_seq,
        begin_at: view.course.begin_at,
        end_at: view.course.end_at,
        outcome: view.course.outcome,
        tools,
        failures,
        spent: None,
    }
}
