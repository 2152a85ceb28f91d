//! Reading sessions and what belongs to one: spans, turns, subagents, files, tasks.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params, params_from_iter};
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::envelope::timestamp_text;
use tailhook_core::session::{AgentProcess, Course, End, Outcome, Session, Source, Span, SpanKind, SpanView};
use tailhook_core::work::Task;

use super::conversation::Spent;
use super::folding::session_of;
use super::reader::Reader;
use super::{StoreError, sql};

/// Which sessions are wanted. Empty lists mean: any.
#[derive(Debug, Clone, Default)]
pub(crate) struct SessionQuery {
    pub(crate) states: Vec<String>,
    pub(crate) agents: Vec<String>,
    pub(crate) projects: Vec<String>,
    pub(crate) needs: Vec<String>,
    /// At most so many, those with the newest events.
    pub(crate) limit: usize,
}

impl SessionQuery {
    /// Any, those with the newest events.
    pub(crate) fn newest(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }
}

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

/// One agent of a session, as clients see it. The main agent's id is empty.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct Agent {
    #[serde(rename = "agent_id")]
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) parent: Option<String>,
    #[serde(rename = "type")]
    pub(crate) kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) prompt: Option<String>,
    pub(crate) state: &'static str,
    pub(crate) begin_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) end_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<Outcome>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) background: bool,
    pub(crate) tools: u64,
    pub(crate) failures: u64,
}

/// One file of a session, as clients see it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) reads: u64,
    pub(crate) writes: u64,
    pub(crate) edits: u64,
    pub(crate) last_at: String,
    pub(crate) last_seq: u64,
    /// Who touched it; the main agent's id is empty.
    pub(crate) agents: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) added: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) removed: Option<u64>,
}

/// One time that a file was touched.
#[derive(Debug, Clone)]
pub(crate) struct FileChange {
    pub(crate) path: String,
    pub(crate) seq: u64,
    pub(crate) at_ns: u64,
    pub(crate) kind: String,
    pub(crate) agent_id: Option<String>,
    pub(crate) added: Option<u64>,
    pub(crate) removed: Option<u64>,
}

/// A part of a list, and where the next begins; none: this was the last.
#[derive(Debug)]
pub(crate) struct Part<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<u64>,
}

/// Sessions without an end that are looked through for a process, the latest: a start must not take longer the more is
/// stored, and who has been silent for so many others is not waited for.
const MAX_UNENDED: usize = 1_024;

const SPAN: &str = "SELECT id, kind, parent, turn, agent_id, agent_type, tool_name, summary, prompt, begin_seq, \
    begin_ns, asked_ns, end_seq, end_ns, outcome, closed_by, duration_ms, error, background, automatic, source FROM span";

/// Calls that count as failures.
const FAILED: &str = "sum(outcome IN ('failed', 'denied'))";

impl Reader {
    /// Sessions with the newest events, newest first.
    pub(crate) fn sessions(&self, query: &SessionQuery) -> Result<Vec<Session>, StoreError> {
        let mut conditions = vec!["session_id <> ''".to_owned()];
        let mut values: Vec<Value> = Vec::new();
        let lists = [
            ("status", &query.states),
            ("agent", &query.agents),
            ("project", &query.projects),
            ("needs", &query.needs),
        ];
        for (column, wanted) in lists {
            if !wanted.is_empty() {
                conditions.push(format!("{column} IN ({})", vec!["?"; wanted.len()].join(", ")));
                values.extend(wanted.iter().cloned().map(Value::Text));
            }
        }
        let filter = conditions.join(" AND ");
        let limit = query.limit;
        self.session_rows(&format!("WHERE {filter} ORDER BY last_seq DESC LIMIT {limit}"), values)
    }

    /// One session.
    pub(crate) fn session(&self, id: &str) -> Result<Option<Session>, StoreError> {
        Ok(self.session_rows("WHERE session_id = ?1", vec![Value::Text(id.into())])?.pop())
    }

    fn session_rows(&self, filter: &str, values: Vec<Value>) -> Result<Vec<Session>, StoreError> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let mut select = self.connection.prepare_cached(&format!("SELECT state FROM session {filter}"))?;
            select.query_map(params_from_iter(values), |row| row.get(0))?.collect()
        };
        read().map_err(sql("read sessions"))?.iter().map(|state| session_of(state)).collect()
    }

    /// The processes of sessions that have not ended, as far as they are known.
    pub(crate) fn processes(&self, limit: usize) -> Result<Vec<(String, AgentProcess)>, StoreError> {
        let read = || -> rusqlite::Result<Vec<(String, String)>> {
            let mut select = self.connection.prepare_cached(
                "SELECT session_id, json_extract(state, '$.process') AS process FROM \
                 (SELECT session_id, state FROM session WHERE status <> 'ended' ORDER BY last_seq DESC LIMIT ?2) \
                 WHERE process IS NOT NULL LIMIT ?1",
            )?;
            select.query_map([limit, MAX_UNENDED], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let rows = read().map_err(sql("read sessions"))?;
        Ok(rows.into_iter().filter_map(|(id, process)| Some((id, serde_json::from_str(&process).ok()?))).collect())
    }

    /// The store's number of a session.
    pub(crate) fn session_number(&self, id: &str) -> Result<Option<i64>, StoreError> {
        self.connection
            .prepare_cached("SELECT id FROM session WHERE session_id = ?1 AND session_id <> ''")
            .and_then(|mut select| select.query_row([id], |row| row.get(0)).optional())
            .map_err(sql("read a session"))
    }

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

    /// The main agent, then all subagents in the order they began.
    pub(crate) fn agents(&self, session: i64, row: &Session) -> Result<Vec<Agent>, StoreError> {
        /// More than anybody can look at.
        const MOST: usize = 1_000;
        let read = || -> rusqlite::Result<Vec<Agent>> {
            let mut count = self.connection.prepare_cached(&format!(
                "SELECT count(*), coalesce({FAILED}, 0) FROM span WHERE session = ?1 AND kind = 'tool' AND agent_id IS ?2"
            ))?;
            let mut counts = |agent_id: Option<&str>| {
                count.query_row(params![session, agent_id], |row| Ok((row.get(0)?, row.get(1)?)))
            };
            let mut agents = vec![main_agent(row, counts(None)?)];
            let mut select = self.connection.prepare_cached(&format!(
                "{SPAN} WHERE session = ?1 AND kind = 'agent' ORDER BY begin_seq LIMIT {MOST}"
            ))?;
            let mut caller = self
                .connection
                .prepare_cached("SELECT coalesce(agent_id, '') FROM span WHERE session = ?1 AND id = ?2")?;
            let spans: Vec<Span> = select.query_map([session], span)?.collect::<Result<_, _>>()?;
            for span in spans {
                // What started it is a call of the agent that is its parent.
                let parent = match &span.parent {
                    Some(parent) => caller.query_row(params![session, parent], |row| row.get(0)).optional()?,
                    None => None,
                };
                let counts = counts(span.agent_id.as_deref())?;
                agents.push(agent(span, parent, counts));
            }
            Ok(agents)
        };
        read().map_err(sql("read subagents"))
    }

    /// Files, those touched last first.
    pub(crate) fn files(&self, session: i64, limit: usize) -> Result<Vec<File>, StoreError> {
        let read = || -> rusqlite::Result<Vec<File>> {
            let mut select = self.connection.prepare_cached(
                "SELECT path, sum(kind = 'read'), sum(kind = 'write'), sum(kind = 'edit'), max(at_ns), max(seq), \
                 json_group_array(DISTINCT coalesce(agent_id, '')), sum(added), sum(removed) \
                 FROM file WHERE session = ?1 GROUP BY path ORDER BY max(seq) DESC, path LIMIT ?2",
            )?;
            let file = |row: &Row<'_>| {
                Ok(File {
                    path: row.get(0)?,
                    reads: row.get(1)?,
                    writes: row.get(2)?,
                    edits: row.get(3)?,
                    last_at: timestamp_text(row.get(4)?),
                    last_seq: row.get(5)?,
                    agents: serde_json::from_str(&row.get::<_, String>(6)?).unwrap_or_default(),
                    added: row.get(7)?,
                    removed: row.get(8)?,
                })
            };
            select.query_map(params![session, limit], file)?.collect()
        };
        read().map_err(sql("read files"))
    }

    /// What was done to one file, or to all, after the event `since`, oldest first.
    pub(crate) fn file_changes(
        &self,
        session: i64,
        path: Option<&str>,
        since: u64,
        limit: usize,
    ) -> Result<Part<FileChange>, StoreError> {
        let read = || -> rusqlite::Result<Vec<FileChange>> {
            let mut select = self.connection.prepare_cached(
                "SELECT path, seq, at_ns, kind, agent_id, added, removed FROM file \
                 WHERE session = ?1 AND (?2 IS NULL OR path = ?2) AND seq > ?3 ORDER BY seq, path LIMIT ?4",
            )?;
            let change = |row: &Row<'_>| {
                Ok(FileChange {
                    path: row.get(0)?,
                    seq: row.get(1)?,
                    at_ns: row.get(2)?,
                    kind: row.get(3)?,
                    agent_id: row.get(4)?,
                    added: row.get(5)?,
                    removed: row.get(6)?,
                })
            };
            select.query_map(params![session, path, since, limit], change)?.collect()
        };
        let changes = read().map_err(sql("read changes of files"))?;
        let next = changes.last().filter(|_| changes.len() == limit).map(|change| change.seq);
        Ok(Part { items: changes, next })
    }

    /// The list of tasks, in the order they came.
    pub(crate) fn tasks(&self, session: i64) -> Result<Vec<Task>, StoreError> {
        let read = || -> rusqlite::Result<Vec<Task>> {
            let mut select = self
                .connection
                .prepare_cached("SELECT id, subject, state FROM task WHERE session = ?1 ORDER BY place, id")?;
            let task = |row: &Row<'_>| {
                let state: String = row.get(2)?;
                Ok(Task {
                    id: row.get(0)?,
                    subject: row.get(1)?,
                    state: tailhook_core::work::TaskState::from_name(&state).unwrap_or_default(),
                })
            };
            select.query_map([session], task)?.collect()
        };
        read().map_err(sql("read tasks"))
    }
}

fn span(row: &Row<'_>) -> rusqlite::Result<Span> {
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
        tool_name: row.get(6)?,
        summary: row.get(7)?,
        begin_seq: row.get(9)?,
        background: row.get(18)?,
        automatic: row.get(19)?,
        source: Source::from_name(&name(20)?).unwrap_or_default(),
        course: Course { prompt: row.get(8)?, begin_ns: row.get(10)?, asked_ns: row.get(11)?, end },
    })
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

fn main_agent(row: &Session, (tools, failures): (u64, u64)) -> Agent {
    let is_over = row.state == tailhook_core::State::Ended;
    Agent {
        id: String::new(),
        parent: None,
        kind: row.agent.clone(),
        prompt: None,
        state: if is_over { "ended" } else { "running" },
        begin_at: row.started_at.clone(),
        end_at: is_over.then(|| row.state_since.clone()),
        outcome: None,
        background: false,
        tools,
        failures,
    }
}

fn agent(span: Span, parent: Option<String>, (tools, failures): (u64, u64)) -> Agent {
    let prompt = span.course.prompt.clone();
    let view = span.view();
    let summary = (!view.summary.is_empty()).then_some(view.summary);
    Agent {
        id: view.agent_id.unwrap_or_default(),
        parent: Some(parent.unwrap_or_default()),
        kind: view.agent_type.unwrap_or_default(),
        prompt: prompt.or(summary),
        state: if view.course.end_seq.is_some() { "ended" } else { "running" },
        begin_at: view.course.begin_at,
        end_at: view.course.end_at,
        outcome: Some(view.course.outcome),
        background: view.background,
        tools,
        failures,
    }
}
