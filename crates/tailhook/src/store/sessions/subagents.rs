//! The main agent of a session and those that it started.

use rusqlite::{OptionalExtension, params};
use schemars::JsonSchema;
use serde::Serialize;
use tailhook_core::session::{Outcome, Session, Span};

use super::spans::{FAILED, SPAN, span};
use crate::store::reader::Reader;
use crate::store::{StoreError, sql};

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

impl Reader {
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
