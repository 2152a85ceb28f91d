//! Cursor runs the hooks in Claude Code's settings beside its own: one event then comes to two hooks, in Cursor's names and
//! in Claude Code's, in other bytes.
//!
//! The names tell the two apart, so nothing has to be learnt: an event is a copy if the other side has told the same
//! lately and nobody of this side has told it since. What comes twice in the same names happened twice.

use std::collections::VecDeque;

use crate::event::Event;
use crate::name::Name;

/// Events looked back on. Copies are neighbours, also where many calls run at once.
const NEIGHBOURS: usize = 64;
/// The two hooks of one event start within this time. They are children of one process, which starts all before it waits.
const WINDOW_NS: u64 = 2_000_000_000;

/// The events of one session that only one side has told. Of bounded size.
#[derive(Debug, Clone, Default)]
pub struct Dialects {
    alone: VecDeque<Told>,
}

#[derive(Debug, Clone)]
struct Told {
    in_claude_names: bool,
    start_ns: u64,
    kind: Name,
    tool_use_id: Option<String>,
    prompt_id: Option<String>,
    agent_id: Option<String>,
    input: Option<u64>,
    summary: String,
}

impl Dialects {
    /// Whether the other side has told this event before.
    pub fn is_copy(&mut self, event: &Event) -> bool {
        if event.agent != "cursor" || event.name.is_empty() {
            return false;
        }
        let told = Told::of(event);
        if let Some(at) = self.alone.iter().position(|other| other.is_same(&told)) {
            self.alone.remove(at);
            return true;
        }
        if self.alone.len() == NEIGHBOURS {
            self.alone.pop_front();
        }
        self.alone.push_back(told);
        false
    }
}

impl Told {
    fn of(event: &Event) -> Self {
        let data = &event.data;
        Self {
            // Cursor's own begin with a small letter.
            in_claude_names: event.name.starts_with(|first: char| first.is_ascii_uppercase()),
            start_ns: event.stamp_ns.saturating_sub(data.hook_us.saturating_mul(1_000)),
            kind: event.kind.clone(),
            tool_use_id: data.tool_use_id.clone(),
            prompt_id: data.prompt_id.clone(),
            agent_id: data.agent_id.clone(),
            input: event.work.input,
            summary: data.summary.clone(),
        }
    }

    /// Whether the two are one event, told by either side. Tools may have another name on the other side.
    fn is_same(&self, other: &Self) -> bool {
        let sides_differ = self.in_claude_names != other.in_claude_names;
        if !sides_differ || self.kind != other.kind || self.start_ns.abs_diff(other.start_ns) > WINDOW_NS {
            return false;
        }
        if let (Some(id), Some(other_id)) = (&self.tool_use_id, &other.tool_use_id) {
            return id == other_id;
        }
        let agrees = |one: &Option<String>, two: &Option<String>| one.is_none() || two.is_none() || one == two;
        let about = match (self.input, other.input) {
            (Some(input), Some(other_input)) => input == other_input,
            _ => self.summary == other.summary,
        };
        about && agrees(&self.prompt_id, &other.prompt_id) && agrees(&self.agent_id, &other.agent_id)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::event::RawEvent;
    use crate::redaction::Redaction;

    const MS: u64 = 1_000_000;
    const OWN: [&str; 4] = ["beforeSubmitPrompt", "preToolUse", "postToolUse", "stop"];
    const CLAUDE: [&str; 4] = ["UserPromptSubmit", "PreToolUse", "PostToolUse", "Stop"];

    fn event(at_ms: u64, name: &str, fields: &str) -> Event {
        let payload = format!(
            r#"{{"conversation_id":"s","cursor_version":"2.0","hook_event_name":"{name}","generation_id":"g"{fields}}}"#
        );
        let raw = RawEvent { stamp_ns: at_ms * MS, payload: payload.into_bytes().into(), ..RawEvent::default() };
        crate::agents::parse(&raw, &Redaction::off())
    }

    fn kept(events: impl IntoIterator<Item = Event>) -> usize {
        let mut dialects = Dialects::default();
        events.into_iter().filter(|event| !dialects.is_copy(event)).count()
    }

    const CALL: &str = r#","tool_name":"Shell","tool_use_id":"t1","tool_input":{"command":"ls"}"#;
    /// The same in the other names.
    const AS_CLAUDE: &str = r#","tool_name":"Bash","tool_input":{"command":"ls"},"tool_use_id":"t1","cwd":"/p""#;

    #[test]
    fn what_both_sides_tell_is_one_event_whichever_comes_first() {
        for [first, second] in [["preToolUse", "PreToolUse"], ["PreToolUse", "preToolUse"]] {
            assert_eq!(kept([event(1, first, CALL), event(9, second, AS_CLAUDE)]), 1);
        }
        let prompt = r#","prompt":"go""#;
        assert_eq!(kept([event(1, "beforeSubmitPrompt", prompt), event(2, "UserPromptSubmit", prompt)]), 1);
        let without_id = r#","tool_name":"Shell","tool_input":{"command":"ls"}"#;
        assert_eq!(kept([event(1, "preToolUse", without_id), event(2, "PreToolUse", without_id)]), 1);
    }

    #[test]
    fn what_happened_twice_is_kept() {
        // One side alone, however alike.
        assert_eq!(kept((0..5).map(|n| event(n, "preToolUse", CALL))), 5);
        // Both sides tell it twice.
        let twice = ["preToolUse", "preToolUse", "PreToolUse", "PreToolUse"];
        assert_eq!(kept(twice.map(|name| event(1, name, CALL))), 2);
        // Another call, another prompt, another time, another agent.
        let other = CALL.replace("t1", "t2");
        assert_eq!(kept([event(1, "preToolUse", CALL), event(1, "PreToolUse", &other)]), 2);
        let say = |text: &str| format!(r#","prompt":"{text}""#);
        assert_eq!(kept([event(1, "beforeSubmitPrompt", &say("a")), event(1, "UserPromptSubmit", &say("b"))]), 2);
        assert_eq!(kept([event(1, "stop", ""), event(2_002, "Stop", "")]), 2);
        let claude = |event: Event| Event { agent: "claude-code".into(), ..event };
        assert_eq!(kept([event(1, "stop", ""), claude(event(1, "Stop", ""))]), 2);
    }

    proptest! {
        /// A session of any events, some of them alike, told by both sides with some delay: each is kept once.
        #[test]
        fn each_event_of_a_session_is_kept_once(
            session in prop::collection::vec((0..4_usize, 0..3_u32, 0..60_u64, 0..60_u64), 1..60),
        ) {
            let mut told = Vec::new();
            for (at, (kind, what, own_late, claude_late)) in session.iter().enumerate() {
                let fields = format!(r#","prompt":"p{what}","tool_use_id":"t{what}","tool_input":{{"command":"{what}"}}"#);
                let at_ms = at as u64 * 30;
                told.push(event(at_ms + own_late, OWN[*kind], &fields));
                told.push(event(at_ms + claude_late, CLAUDE[*kind], &fields));
            }
            told.sort_by_key(|event| event.stamp_ns);
            prop_assert_eq!(kept(told), session.len());
        }

        /// However often one side tells what, nothing of it is left out.
        #[test]
        fn one_side_alone_is_kept(session in prop::collection::vec((0..4_usize, 0..3_u32, 0..90_u64), 1..200)) {
            let told = session.iter().map(|(kind, what, at)| event(*at, OWN[*kind], &format!(r#","prompt":"p{what}""#)));
            prop_assert_eq!(kept(told), session.len());
        }
    }
}
