//! Questions that a person has not answered yet.

use serde::{Deserialize, Serialize};

use crate::event::EventData;
use crate::name::Name;

/// Most questions kept at once: parallel subagents may each ask.
const MAX_WAITS: usize = 16;

/// One open question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Wait {
    /// The call it is about, where that is known.
    pub(super) tool_use_id: Option<String>,
    /// The tool it is about; absent if the event names none.
    pub(super) tool_name: Option<Name>,
    pub(super) agent_id: Option<String>,
    /// What is asked, as the state's detail.
    pub(super) detail: String,
}

impl Wait {
    /// Whether this event, which ends a call, answers the question.
    fn is_answered_by(&self, data: &EventData) -> bool {
        match (&self.tool_use_id, &data.tool_use_id) {
            (Some(asked), Some(ended)) => asked == ended,
            _ if self.tool_name.is_none() => self.agent_id == data.agent_id,
            _ => self.tool_name == data.tool_name && self.agent_id == data.agent_id,
        }
    }

    fn is_answered_by_batch(&self, data: &EventData) -> bool {
        match &self.tool_use_id {
            Some(asked) => data.tool_use_ids.contains(asked),
            None => self.agent_id == data.agent_id,
        }
    }
}

/// Open questions in the order they were asked.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Waits {
    waits: Vec<Wait>,
}

impl Waits {
    pub(super) fn ask(&mut self, wait: Wait) {
        if self.waits.len() < MAX_WAITS && !self.waits.contains(&wait) {
            self.waits.push(wait);
        }
    }

    /// A call ended: what was asked about it is answered.
    pub(super) fn answer(&mut self, data: &EventData) {
        if let Some(at) = self.waits.iter().position(|wait| wait.is_answered_by(data)) {
            self.waits.remove(at);
        }
    }

    pub(super) fn answer_batch(&mut self, data: &EventData) {
        self.waits.retain(|wait| !wait.is_answered_by_batch(data));
    }

    /// A form of an MCP server was answered: the oldest question that is about no tool.
    pub(super) fn answer_form(&mut self) {
        if let Some(at) = self.waits.iter().position(|wait| wait.tool_name.is_none()) {
            self.waits.remove(at);
        }
    }

    pub(super) fn drop_of(&mut self, agent_id: Option<&str>) {
        self.waits.retain(|wait| wait.agent_id.as_deref() != agent_id);
    }

    pub(super) fn clear(&mut self) {
        self.waits.clear();
    }

    pub(super) fn first(&self) -> Option<&Wait> {
        self.waits.first()
    }
}
