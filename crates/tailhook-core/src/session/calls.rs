//! The tool calls that have begun and not ended, and the ids of those that ended lately.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::span::{Outcome, Span};
use crate::event::Event;
use crate::work::Launch;

/// Most calls kept open at once. The oldest is given up first.
pub(super) const MAX_OPEN: usize = 256;
/// How many ended calls are remembered, for ends that arrive before their begin and for batches that name them again.
const MAX_ENDED: usize = 128;

/// One open call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Call {
    pub(super) span: Span,
    /// Tells calls without an id apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    input: Option<u64>,
    /// The subagent it starts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) launch: Option<Launch>,
    /// That subagent has started.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) has_launched: bool,
}

impl Call {
    pub(super) fn new(span: Span, event: &Event) -> Self {
        Self { span, input: event.work.input, launch: event.work.launch.clone(), has_launched: false }
    }

    /// e.g. `Bash: cargo test`; what an MCP tool is called stands in the summary already.
    pub(super) fn title(&self) -> String {
        self.title_parts().concat()
    }

    /// Whether that is the title.
    pub(super) fn is_titled(&self, title: &str) -> bool {
        let rest = self.title_parts().iter().try_fold(title, |rest, part| rest.strip_prefix(part));
        rest.is_some_and(str::is_empty)
    }

    fn title_parts(&self) -> [&str; 3] {
        let (tool, summary) = (self.span.tool_name.as_deref().unwrap_or_default(), self.span.summary.as_str());
        if summary.is_empty() {
            [tool, "", ""]
        } else if tool.is_empty() || tool.starts_with("mcp__") {
            ["", "", summary]
        } else {
            [tool, ": ", summary]
        }
    }
}

/// A call that ended lately.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Ended {
    /// Stands for the call's id: it is looked for at each begin.
    key: u64,
    /// When it ended, if its begin has not come yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) before_begin: Option<u64>,
    /// Its own end was told. Otherwise something else proved that it is over.
    pub(super) is_told: bool,
    /// It was given up, and nothing has said yet how it ended.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) is_unknown: bool,
}

/// Open calls in the order they began, and those that ended lately.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Calls {
    open: VecDeque<Call>,
    ended: VecDeque<Ended>,
}

impl Calls {
    /// Whether a call of this id is open.
    pub(super) fn is_open(&self, id: &str) -> bool {
        self.position(id).is_some()
    }

    /// A call begins. Gives the one that is given up for it.
    pub(super) fn begin(&mut self, call: Call) -> Option<Call> {
        let given_up = if self.open.len() == MAX_OPEN { self.open.pop_front() } else { None };
        self.open.push_back(call);
        given_up
    }

    /// Takes the call that this event ends out of the open ones.
    pub(super) fn take(&mut self, event: &Event) -> Option<Call> {
        let at = match &event.data.tool_use_id {
            Some(id) => self.position(id),
            None => self.matching(event),
        };
        at.and_then(|at| self.open.remove(at))
    }

    /// Takes the call of this id.
    pub(super) fn take_id(&mut self, id: &str) -> Option<Call> {
        self.position(id).and_then(|at| self.open.remove(at))
    }

    /// Takes all calls of one agent, or of the main agent, that began before this time.
    pub(super) fn take_all_of(&mut self, agent_id: Option<&str>, until_ns: u64) -> Vec<Call> {
        let is_over = |call: &Call| call.span.agent_id.as_deref() == agent_id && call.span.course.begin_ns <= until_ns;
        if !self.open.iter().any(is_over) {
            return Vec::new();
        }
        let (over, open): (VecDeque<_>, _) = std::mem::take(&mut self.open).into_iter().partition(is_over);
        self.open = open;
        over.into()
    }

    /// Takes all calls.
    pub(super) fn take_all(&mut self) -> Vec<Call> {
        self.open.drain(..).collect()
    }

    /// Of the open calls the one that this event is about.
    pub(super) fn like(&mut self, event: &Event) -> Option<&mut Call> {
        let at = match &event.data.tool_use_id {
            Some(id) => self.position(id),
            None => self.matching(event),
        };
        at.map(|at| &mut self.open[at])
    }

    /// The call that starts a subagent of this kind; the oldest that has none yet.
    pub(super) fn launching(&mut self, agent_type: Option<&str>) -> Option<&mut Call> {
        let waits = |call: &Call| call.launch.is_some() && !call.has_launched;
        let wanted = |call: &Call| {
            let told = call.launch.as_ref().and_then(|launch| launch.agent_type.as_deref());
            waits(call) && (told.is_none() || told == agent_type)
        };
        let at = self.open.iter().position(wanted).or_else(|| self.open.iter().position(waits));
        at.map(|at| &mut self.open[at])
    }

    pub(super) fn len(&self) -> usize {
        self.open.len()
    }

    pub(super) fn latest(&self) -> Option<&Call> {
        self.open.back()
    }

    pub(super) fn latest_mut(&mut self) -> Option<&mut Call> {
        self.open.back_mut()
    }

    /// The call of this id, if it ended lately.
    pub(super) fn ended(&mut self, id: &str) -> Option<&mut Ended> {
        let key = key_of(id);
        self.ended.iter_mut().rev().find(|ended| ended.key == key)
    }

    /// Remembers that a call ended.
    pub(super) fn remember(&mut self, span: &Span, is_told: bool, before_begin: Option<u64>) {
        let Some(id) = &span.tool_use_id else { return };
        if self.ended.len() == MAX_ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(Ended { key: key_of(id), before_begin, is_told, is_unknown: false });
    }

    /// The same of one that was given up. Where nobody knows how it ended, that may still be told.
    pub(super) fn remember_given_up(&mut self, span: &Span, outcome: Outcome) {
        self.remember(span, false, None);
        let id = span.tool_use_id.as_deref().unwrap_or_default();
        if let Some(ended) = self.ended(id).filter(|_| outcome == Outcome::Unfinished) {
            ended.is_unknown = true;
        }
    }

    /// The same tool and the same input, or else the same work, or else the oldest call of the tool.
    fn matching(&self, event: &Event) -> Option<usize> {
        let data = &event.data;
        let same_tool = |call: &&Call| call.span.tool_name == data.tool_name && call.span.agent_id == data.agent_id;
        let first = |test: &dyn Fn(&Call) -> bool| self.open.iter().position(|call| same_tool(&call) && test(call));
        let same_input = |call: &Call| call.input.is_some() && call.input == event.work.input;
        first(&same_input).or_else(|| first(&|call| call.span.summary == data.summary)).or_else(|| first(&|_| true))
    }

    fn position(&self, id: &str) -> Option<usize> {
        self.open.iter().position(|call| call.span.tool_use_id.as_deref() == Some(id))
    }
}

/// FNV-1a.
fn key_of(id: &str) -> u64 {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    id.bytes().fold(0xcbf2_9ce4_8422_2325, step)
}
