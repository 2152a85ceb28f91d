//! Recorded events, for tests of the store.

use std::path::Path;

use tailhook_core::{Event, RawEvent, Redaction, agents};

/// Recorded events of all agents, each session several times under other names.
pub(super) fn recorded(copies: usize) -> Vec<Event> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tailhook-core/fixtures");
    let mut events = Vec::new();
    for copy in 0..copies {
        for agent in ["claude-code", "codex", "gemini-cli"] {
            let mut files: Vec<_> = std::fs::read_dir(fixtures.join(agent)).expect("recordings").flatten().collect();
            files.sort_by_key(std::fs::DirEntry::path);
            for file in files.iter().filter(|file| file.path().is_file()) {
                let text = std::fs::read_to_string(file.path()).expect("a recording");
                for line in text.lines() {
                    let payload = line.replace("\"session_id\":\"", &format!("\"session_id\":\"{copy}-"));
                    let stamp_ns = 1_795_312_800_000_000_000 + events.len() as u64 * 1_000_000;
                    let raw = RawEvent {
                        stamp_ns,
                        hook_ns: 20_000,
                        agent: agent.into(),
                        payload: payload.into_bytes().into(),
                        ..RawEvent::default()
                    };
                    let event = agents::parse(&raw, &Redaction::default());
                    // The store keeps one of the ends that Gemini CLI tells of a session.
                    let is_end = |event: &Event| event.kind == "hook.session_end";
                    let before = events.iter().rev().find(|before: &&Event| before.session_id == event.session_id);
                    if !is_end(&event) || !before.is_some_and(is_end) {
                        events.push(event);
                    }
                }
            }
        }
    }
    events
}
