use tailhook_core::{Event, RawEvent, Redaction, agents};

use super::super::{Batch, Retention, Writer, open};
use super::*;

const SECOND_NS: u64 = 1_000_000_000;

/// The event `name` of a call that all of these say something of.
fn event(agent: &'static str, session: u64, name: &str, call: u64, at_ms: u64) -> Event {
    let payload = format!(
        r#"{{"session_id":"{agent}{session}","hook_event_name":"{name}","tool_name":"Bash","tool_use_id":"t{call}"}}"#
    );
    let raw = RawEvent {
        stamp_ns: at_ms * 1_000_000,
        agent: agent.into(),
        payload: payload.into_bytes().into(),
        ..RawEvent::default()
    };
    agents::parse(&raw, &Redaction::default())
}

/// More calls than any page of events holds, in sessions of two agents: each counts.
#[test]
fn every_call_there_is_counts() {
    const CALLS: u64 = 3_000;
    let mut events = Vec::new();
    for n in 0..CALLS {
        for (agent, takes_ms) in [("codex", 10), ("gemini-cli", n % 100)] {
            let (begin, end) =
                if agent == "codex" { ("PreToolUse", "PostToolUse") } else { ("BeforeTool", "AfterTool") };
            events.push(event(agent, n % 3, begin, n, n * 1_000));
            events.push(event(agent, n % 3, end, n, n * 1_000 + takes_ms));
        }
    }
    // One that never ended has no duration.
    events.push(event("codex", 0, "PreToolUse", CALLS, CALLS * 1_000));
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("tailhook.db");
    let mut writer = Writer::open(&path).expect("a store");
    writer.commit(&mut Batch { events, ..Batch::default() }, 0).expect("stored");
    let mut comparison = Comparison::default();
    let agents = Reader::open(&path).and_then(|reader| reader.compare_agents(&mut comparison)).expect("a comparison");
    assert_eq!(agents.keys().collect::<Vec<_>>(), ["codex", "gemini-cli"]);
    let codex = &agents["codex"];
    assert_eq!((codex.sessions, codex.events, codex.tools), (3, 2 * CALLS + 1, CALLS + 1));
    assert_eq!((codex.p50_ms, codex.p95_ms), (Some(10), Some(10)));
    let gemini = &agents["gemini-cli"];
    assert_eq!((gemini.tools, gemini.p50_ms, gemini.p95_ms), (CALLS, Some(50), Some(95)));
}

/// One that is asked again and again, and one that has never been asked before.
struct Both {
    reader: Reader,
    kept: Comparison,
}

/// Of every agent that has some.
fn times(comparison: &Comparison) -> BTreeMap<&str, &Times> {
    let agents = comparison.agents.iter().map(|agent| (agent.name.as_str(), &agent.times));
    agents.filter(|(_, times)| **times != Times::default()).collect()
}

impl Both {
    fn check(&mut self) -> BTreeMap<String, AgentTotals> {
        let kept = self.reader.compare_agents(&mut self.kept).expect("a comparison");
        let mut new = Comparison::default();
        assert_eq!(kept, self.reader.compare_agents(&mut new).expect("a comparison"));
        assert_eq!(times(&self.kept), times(&new));
        kept
    }
}

#[test]
fn what_was_kept_says_what_a_new_look_would() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("tailhook.db");
    let keep = Retention { max_age_ns: Some(3_600 * SECOND_NS), max_bytes: None };
    let mut writer = Writer::open(&path).expect("a store").with_retention(keep);
    let mut both = Both { reader: Reader::open(&path).expect("the store"), kept: Comparison::default() };
    assert!(both.check().is_empty());

    // Calls that are open at one look and have ended at the next, in sessions that come, rest and go on.
    for n in 0..200_u64 {
        let (session, agent) = (n / 7 % 9, ["codex", "claude-code"][n as usize % 2]);
        let at_ms = n * 60_000;
        let mut events = vec![event(agent, session, "PreToolUse", n, at_ms)];
        if n >= 2 {
            let (session, agent) = ((n - 2) / 7 % 9, agent);
            events.push(event(agent, session, "PostToolUse", n - 2, at_ms + n * n));
        }
        writer.commit(&mut Batch { events, ..Batch::default() }, 0).expect("stored");
        both.check();
        // The oldest events go, and sessions with them.
        if n % 50 == 49 {
            while writer.retain(at_ms * 1_000_000).expect("a step") {}
            both.check();
        }
    }
    let sessions = both.check()["codex"].sessions;
    while writer.retain(1_000_000 * SECOND_NS).expect("a step") {}
    let left = both.check();
    assert!(sessions > 1 && left.len() == 1, "{left:?}");
}

#[test]
fn a_session_that_is_folded_again_is_looked_at_again() {
    let home = tempfile::tempdir().expect("a folder");
    let path = home.path().join("tailhook.db");
    let mut writer = Writer::open(&path).expect("a store");
    let events = (0..150).flat_map(|n| {
        ["PreToolUse", "PostToolUse"]
            .map(|name| event("codex", 1, name, n, n * 1_000 + u64::from(name == "PostToolUse")))
    });
    writer.commit(&mut Batch { events: events.collect(), ..Batch::default() }, 0).expect("stored");
    drop(writer);
    // As a program with older rules leaves it.
    let older = open(&path, rusqlite::OpenFlags::SQLITE_OPEN_READ_WRITE).expect("the store");
    older.execute_batch("UPDATE session SET fold = 0; DELETE FROM span").expect("as before");
    let mut both = Both { reader: Reader::open(&path).expect("the store"), kept: Comparison::default() };
    assert_eq!(both.check()["codex"].p50_ms, None);
    let mut writer = Writer::open(&path).expect("a store");
    while writer.refold().expect("a step") {}
    assert_eq!(both.check()["codex"].p50_ms, Some(1));
}
