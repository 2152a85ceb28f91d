//! Files that a session touched.

use rusqlite::{Row, params};
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::envelope::timestamp_text;

use super::Part;
use crate::store::reader::Reader;
use crate::store::{StoreError, sql};

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

impl Reader {
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
}
