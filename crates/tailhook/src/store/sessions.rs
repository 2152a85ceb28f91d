//! Reading sessions. What belongs to one has a file each.

mod files;
mod spans;
mod subagents;
mod turns;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params_from_iter};
use tailhook_core::session::{AgentProcess, Session};
use tailhook_core::work::{Task, TaskState};

use super::folding::session_of;
use super::reader::Reader;
use super::{StoreError, sql};

pub(crate) use files::{File, FileChange};
pub(crate) use subagents::Agent;
pub(crate) use turns::Turn;

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

/// A part of a list, and where the next begins; none: this was the last.
#[derive(Debug)]
pub(crate) struct Part<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<u64>,
}

/// Sessions without an end that are looked through for a process, the latest: a start must not take longer the more is
/// stored, and who has been silent for so many others is not waited for.
const MAX_UNENDED: usize = 1_024;

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
                    state: TaskState::from_name(&state).unwrap_or_default(),
                })
            };
            select.query_map([session], task)?.collect()
        };
        read().map_err(sql("read tasks"))
    }
}
