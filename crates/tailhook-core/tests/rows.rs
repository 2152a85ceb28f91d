//! What the fold of every recorded session leaves in the store: spans as a tree, files and tasks. And that this is
//! consistent whatever is lost, told twice or told in another order.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use tailhook_core::session::{Amend, Change, Outcome, Span, SpanKind};
use tailhook_core::work::{FileTouch, Task};
use tailhook_core::{Event, RawEvent, Redaction, SessionState, State, agents};

const START_NS: u64 = 1_795_312_800_000_000_000;
const SECOND_NS: u64 = 1_000_000_000;
const AGENTS: [&str; 3] = ["claude-code", "codex", "gemini-cli"];

fn sessions(agent: &str) -> Vec<(String, Vec<Event>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(agent);
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    let read = |file: &PathBuf| {
        let text = fs::read_to_string(file).unwrap();
        let lines = text.trim_end().split('\n').enumerate();
        let events = lines.map(|(index, payload)| parse(agent, index, payload)).collect();
        (file.file_stem().unwrap().to_str().unwrap().to_owned(), events)
    };
    files.iter().map(read).collect()
}

fn parse(agent: &str, index: usize, payload: &str) -> Event {
    let raw = RawEvent {
        stamp_ns: START_NS + index as u64 * SECOND_NS,
        agent: agent.into(),
        payload: payload.as_bytes().into(),
        ..RawEvent::default()
    };
    agents::parse(&raw, &Redaction::default())
}

/// What a store keeps of a session.
#[derive(Debug, Default, PartialEq)]
struct Rows {
    spans: BTreeMap<String, Span>,
    files: Vec<(FileTouch, Option<String>)>,
    tasks: Vec<Task>,
}

impl Rows {
    fn write(&mut self, changes: Vec<Change>) {
        for change in changes {
            match change {
                Change::Span(mut span) => {
                    let old = self.spans.get(&span.id);
                    span.course.prompt = span.course.prompt.or_else(|| old.and_then(|old| old.course.prompt.clone()));
                    self.spans.insert(span.id.clone(), span);
                }
                Change::Amend(amend) => self.amend(amend),
                Change::File { agent_id, touch, .. } => {
                    self.files.push((touch, agent_id));
                }
                Change::Task(task) => self.put(task),
                Change::TaskGone(id) => self.tasks.retain(|task| task.id != id),
                Change::Tasks(tasks) => self.tasks = tasks,
            }
        }
    }

    fn amend(&mut self, amend: Amend) {
        let Some(span) = self.spans.get_mut(&amend.id) else { return };
        if let Some(begin) = amend.begin {
            span.course.begin_ns = span.course.end.as_ref().map_or(begin.ns, |end| begin.ns.min(end.ns));
            (span.begin_seq, span.summary) = (begin.seq, begin.summary);
        }
        if let Some(mut end) = amend.end {
            end.ns = end.ns.max(span.course.begin_ns);
            span.course.end = Some(end);
        }
        span.parent = amend.parent.or(span.parent.take());
        span.course.prompt = amend.prompt.or(span.course.prompt.take());
        if !amend.summary.is_empty() {
            span.summary = amend.summary;
        }
        span.background |= amend.background;
    }

    fn put(&mut self, task: Task) {
        match self.tasks.iter_mut().find(|known| known.id == task.id) {
            Some(known) => {
                known.state = task.state;
                if !task.subject.is_empty() {
                    known.subject = task.subject;
                }
            }
            None => self.tasks.push(task),
        }
    }

    /// Spans as a tree, in the order they began.
    fn tree(&self) -> String {
        let mut text = String::new();
        let mut spans: Vec<&Span> = self.spans.values().collect();
        spans.sort_by_key(|span| (span.begin_seq, span.course.begin_ns, &span.id));
        let is_root = |span: &&&Span| span.parent.as_ref().is_none_or(|parent| !self.spans.contains_key(parent));
        for root in spans.iter().filter(is_root) {
            push_tree(&mut text, root, &spans, 1);
        }
        for (touch, agent) in &self.files {
            let by = agent.as_ref().map(|agent| format!(" by {agent}")).unwrap_or_default();
            let counts = touch.added.zip(touch.removed);
            let lines = counts.map(|(added, removed)| format!(" +{added} -{removed}")).unwrap_or_default();
            writeln!(text, "  file {} {}{lines}{by}", touch.kind.as_str(), touch.path).unwrap();
        }
        for task in &self.tasks {
            writeln!(text, "  task {} {} {}", task.id, task.state.as_str(), task.subject).unwrap();
        }
        text
    }
}

fn push_tree(text: &mut String, span: &Span, all: &[&Span], depth: usize) {
    let view = span.clone().view();
    let agent_type = view.agent_type.filter(|_| span.kind == SpanKind::Agent);
    let name = agent_type.or(view.tool_name.map(String::from)).unwrap_or_default();
    let summary: String = span.summary.chars().take(40).collect();
    let end = view.course.end_seq.map_or("…".to_owned(), |seq| seq.to_string());
    write!(
        text,
        "{}{} {name} {}–{end} {}",
        "  ".repeat(depth),
        span.kind.as_str(),
        span.begin_seq,
        span.outcome().as_str()
    )
    .unwrap();
    let closed_by = view.course.closed_by.unwrap_or_default();
    write!(text, " ({})", closed_by.trim_start_matches("hook.")).unwrap();
    for (flag, is_set) in [("background", span.background), ("automatic", span.automatic)] {
        if is_set {
            write!(text, " {flag}").unwrap();
        }
    }
    if let Some(wait_us) = view.course.wait_us {
        write!(text, " waited {}s", wait_us / 1_000_000).unwrap();
    }
    if let Some(error) = view.course.error {
        let error: String = error.chars().take(40).collect();
        write!(text, " error: {error}").unwrap();
    }
    writeln!(text, " | {summary}").unwrap();
    for child in all.iter().filter(|child| child.parent.as_deref() == Some(&span.id)) {
        push_tree(text, child, all, depth + 1);
    }
}

fn fold(events: &[Event]) -> (SessionState, Rows) {
    let (mut state, mut rows) = (SessionState::new("s"), Rows::default());
    for (event, seq) in events.iter().zip(1..) {
        rows.write(state.apply(seq, event));
    }
    (state, rows)
}

#[test]
fn what_every_recorded_session_leaves() {
    for agent in AGENTS {
        let stories: Vec<String> =
            sessions(agent).iter().map(|(name, events)| format!("# {name}\n{}", fold(events).1.tree())).collect();
        insta::assert_snapshot!(agent, stories.join("\n"));
    }
}

/// What must hold of any fold.
fn check(state: &SessionState, rows: &Rows) -> Result<(), TestCaseError> {
    let session = &state.session;
    let spans = || rows.spans.values();
    for span in spans() {
        if let Some(end) = &span.course.end {
            prop_assert!(end.ns >= span.course.begin_ns, "{span:?}");
            prop_assert!(!matches!(end.outcome, Outcome::Running | Outcome::Waiting), "{span:?}");
        }
        let view = span.clone().view();
        prop_assert!(view.course.wait_us.is_none_or(|wait| wait <= 10_000_000_000), "{span:?}");
        prop_assert!(span.parent.as_ref() != Some(&span.id));
    }
    let open = |kind| spans().filter(|span| span.course.end.is_none() && span.kind == kind).count();
    let beside =
        spans().filter(|span| span.course.end.is_none() && span.kind == SpanKind::Tool && span.background).count();
    prop_assert_eq!(open(SpanKind::Tool) - beside, session.running_tools as usize);
    prop_assert_eq!(open(SpanKind::Agent), session.running_subagents as usize);
    prop_assert!(open(SpanKind::Turn) <= 1 && open(SpanKind::Compaction) <= 1);
    if session.state == State::Ended {
        prop_assert_eq!(open(SpanKind::Turn) + open(SpanKind::Tool) + open(SpanKind::Agent), 0);
    }
    let tools = spans().filter(|span| span.kind == SpanKind::Tool).count() as u64;
    prop_assert_eq!(tools, session.tools);
    prop_assert!(session.tasks_done <= session.tasks_total);
    prop_assert_eq!(rows.tasks.len(), session.tasks_total as usize);
    Ok(())
}

fn any_session() -> impl Strategy<Value = Vec<Event>> {
    let all: Vec<Vec<Event>> = AGENTS.iter().flat_map(|agent| sessions(agent)).map(|(_, events)| events).collect();
    prop::sample::select(all)
}

proptest! {
    #[test]
    fn rows_make_sense_whatever_is_lost_doubled_or_out_of_order(
        events in any_session().prop_flat_map(|events| {
            let count = events.len();
            (Just(events), prop::collection::vec(0..count, 0..count * 2))
        }).prop_map(|(events, picked)| picked.into_iter().map(|at| events[at].clone()).collect::<Vec<_>>()),
    ) {
        let (mut state, mut rows) = (SessionState::new("s"), Rows::default());
        for (event, seq) in events.iter().zip(1..) {
            rows.write(state.apply(seq, event));
            check(&state, &rows)?;
        }
    }

    #[test]
    fn rows_are_the_same_however_events_are_batched(events in any_session(), stored_at in prop::collection::vec(0..60_usize, 0..6)) {
        let (whole, expected) = fold(&events);
        let (mut state, mut rows) = (SessionState::new("s"), Rows::default());
        for (index, event) in events.iter().enumerate() {
            rows.write(state.apply(index as u64 + 1, event));
            if stored_at.contains(&index) {
                state = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
            }
        }
        prop_assert_eq!(state, whole);
        prop_assert_eq!(rows, expected);
    }

    #[test]
    fn a_missing_end_leaves_what_was_told(events in any_session(), missing in 0..60_usize) {
        let kept = events.len().saturating_sub(missing);
        let (state, rows) = fold(&events[..kept]);
        check(&state, &rows)?;
        // A process that is gone closes what is left open, and nothing else changes.
        let gone = parse(agents::SELF, 10_000, r#"{"type":"session.process_gone","session_id":"s","data":{"pid":1}}"#);
        let (mut state, mut rows) = (state, rows);
        let was_ended = state.session.state == State::Ended;
        rows.write(state.apply(10_000, &gone));
        check(&state, &rows)?;
        prop_assert_eq!(state.session.state, State::Ended);
        prop_assert!(was_ended || state.session.end_reason.as_deref() == Some("process_gone"));
    }
}
