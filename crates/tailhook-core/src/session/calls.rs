//! The tool calls that have begun and not ended.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::event::EventData;

/// Most calls kept open at once. The oldest is given up first.
const MAX_OPEN: usize = 256;
/// How many ended calls are remembered, for ends that arrive before their begin and for batches that name them again.
const MAX_ENDED: usize = 256;

/// One open call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Call {
    /// Absent where the agent gives none.
    pub(super) tool_use_id: Option<String>,
    pub(super) agent_id: Option<String>,
    pub(super) tool_name: String,
    pub(super) summary: String,
    begin_ns: u64,
}

impl Call {
    fn of(data: &EventData, begin_ns: u64) -> Self {
        Self {
            begin_ns,
            tool_use_id: data.tool_use_id.clone(),
            agent_id: data.agent_id.clone(),
            tool_name: data.tool_name.clone().unwrap_or_default(),
            summary: data.summary.clone(),
        }
    }

    /// e.g. `Bash: cargo test`; what an MCP tool is called stands in the summary already.
    pub(super) fn title(&self) -> String {
        if self.summary.is_empty() {
            return self.tool_name.clone();
        }
        if self.tool_name.is_empty() || self.tool_name.starts_with("mcp__") {
            return self.summary.clone();
        }
        format!("{}: {}", self.tool_name, self.summary)
    }
}

/// Open calls in the order they began, and the ids of those that ended lately.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Calls {
    open: VecDeque<Call>,
    ended: VecDeque<String>,
}

impl Calls {
    /// A call begins. `false` if it is known already: its end arrived first, or its begin came twice.
    pub(super) fn begin(&mut self, data: &EventData, begin_ns: u64) -> bool {
        if let Some(id) = &data.tool_use_id
            && (self.position(id).is_some() || self.ended.contains(id))
        {
            return false;
        }
        if self.open.len() == MAX_OPEN {
            self.open.pop_front();
        }
        self.open.push_back(Call::of(data, begin_ns));
        true
    }

    /// A call ends. `true` if nothing was known of it.
    pub(super) fn end(&mut self, data: &EventData) -> bool {
        match &data.tool_use_id {
            Some(id) => self.end_id(id),
            None => match self.matching(data) {
                Some(at) => {
                    self.open.remove(at);
                    false
                }
                None => true,
            },
        }
    }

    /// The call with this id ends. `true` if nothing was known of it.
    pub(super) fn end_id(&mut self, id: &str) -> bool {
        let open = self.position(id);
        if let Some(at) = open {
            self.open.remove(at);
        } else if self.ended.iter().any(|ended| ended == id) {
            return false;
        }
        self.remember(id.to_owned());
        open.is_none()
    }

    /// All calls of one agent, or of the main agent, are over that began before this time.
    pub(super) fn end_all_of(&mut self, agent_id: Option<&str>, until_ns: u64) {
        let is_over = |call: &Call| call.agent_id.as_deref() == agent_id && call.begin_ns <= until_ns;
        let (over, open) = self.open.drain(..).partition(is_over);
        self.open = open;
        self.remember_all(over);
    }

    /// All calls are over.
    pub(super) fn end_all(&mut self) {
        let over = std::mem::take(&mut self.open);
        self.remember_all(over);
    }

    /// Of the open calls without regard to ids, the one that this event most likely belongs to: the same tool and the
    /// same work, or else the oldest call of the tool.
    pub(super) fn like(&self, data: &EventData) -> Option<&Call> {
        self.matching(data).map(|at| &self.open[at])
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn latest(&self) -> Option<&Call> {
        self.open.back()
    }

    fn matching(&self, data: &EventData) -> Option<usize> {
        let same_tool =
            |call: &Call| Some(call.tool_name.as_str()) == data.tool_name.as_deref() && call.agent_id == data.agent_id;
        self.open
            .iter()
            .position(|call| same_tool(call) && call.summary == data.summary)
            .or_else(|| self.open.iter().position(same_tool))
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.open.iter().position(|call| call.tool_use_id.as_deref() == Some(id))
    }

    fn remember(&mut self, id: String) {
        if self.ended.len() == MAX_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(id);
    }

    fn remember_all(&mut self, calls: VecDeque<Call>) {
        for id in calls.into_iter().filter_map(|call| call.tool_use_id) {
            self.remember(id);
        }
    }
}
