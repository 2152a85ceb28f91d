//! What the fold costs per event, and whether that grows with the session.
//!
//! Events are parsed beforehand: what is timed is `SessionState::apply` alone, on one core, with every recorded session of
//! the fixtures. For growth one session gets 100 events, another 100,000 of the same kind, each call with an id of its own.

#[path = "common/machine.rs"]
mod machine;

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use tailhook_core::{Event, RawEvent, Redaction, SessionState, agents};

const ROUNDS: usize = 201;
const SHORT: usize = 100;
const LONG: usize = 100_000;
/// Events timed at once at the end of the long session.
const CHUNK: usize = 1_000;
const BUDGET_NS: f64 = 2_000.0;
const MAX_GROWTH: f64 = 1.2;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> Result<()> {
    let sessions = sessions()?;
    let events: usize = sessions.iter().map(Vec::len).sum();
    let mut per_event: Vec<f64> = (0..ROUNDS).map(|_| time_all(&sessions) / events as f64).collect();
    let (short, long) = growth(&sessions);
    let (median, p90) = (quantile(&mut per_event, 0.5), quantile(&mut per_event, 0.9));
    let mut text = String::new();
    writeln!(text, "# The fold\n\nMade by `cargo run --release -p tailhook-core --example fold_cost`.\n")?;
    writeln!(text, "{}\n", machine::machine())?;
    writeln!(text, "| what | ns per event |\n|---|---|")?;
    writeln!(
        text,
        "| every recorded session ({} of them, {events} events), median of {ROUNDS} rounds | {median:.0} |",
        sessions.len()
    )?;
    writeln!(text, "| the same, 90th percentile | {p90:.0} |")?;
    writeln!(
        text,
        "| a session of {SHORT} events | {short:.0} |\n| the last of a session of {LONG} events | {long:.0} |"
    )?;
    writeln!(text, "\nGrowth from {SHORT} to {LONG} events: {:.2} times.", long / short)?;
    print!("{text}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/results/fold.md");
    std::fs::write(path, text)?;
    if median > BUDGET_NS {
        return Err(format!("the fold takes {median:.0} ns per event, more than {BUDGET_NS:.0}").into());
    }
    if long > short * MAX_GROWTH {
        return Err(format!("the fold grows with the session: {long:.0} against {short:.0} ns").into());
    }
    Ok(())
}

fn sessions() -> Result<Vec<Vec<Event>>> {
    let mut sessions = Vec::new();
    for agent in ["claude-code", "codex", "gemini-cli"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(agent);
        for file in std::fs::read_dir(&folder)? {
            let path = file?.path();
            if path.extension().is_none_or(|extension| extension != "jsonl") {
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            let lines = text.trim_end().split('\n').enumerate();
            sessions.push(lines.map(|(at, payload)| parse(agent, at as u64, payload)).collect());
        }
    }
    Ok(sessions)
}

fn parse(agent: &str, second: u64, payload: &str) -> Event {
    let stamp_ns = (1_795_312_800 + second) * 1_000_000_000;
    let raw = RawEvent { stamp_ns, agent: agent.into(), payload: payload.as_bytes().into(), ..RawEvent::default() };
    agents::parse(&raw, &Redaction::off())
}

fn time_all(sessions: &[Vec<Event>]) -> f64 {
    let mut states: Vec<SessionState> = sessions.iter().map(|_| SessionState::new("s")).collect();
    let start = Instant::now();
    for (state, events) in states.iter_mut().zip(sessions) {
        time_into(state, 1, events);
    }
    start.elapsed().as_nanos() as f64
}

fn time_into(state: &mut SessionState, first_seq: u64, events: &[Event]) {
    for (event, seq) in events.iter().zip(first_seq..) {
        black_box(state.apply(seq, black_box(event)));
    }
}

/// Nanoseconds per event in a short session, and at the end of a long one: the medians.
fn growth(sessions: &[Vec<Event>]) -> (f64, f64) {
    // The session with the most kinds of events, over and over: what is opened in it is closed.
    let ends = |event: &Event| event.kind == "hook.session_end";
    let longest = sessions.iter().filter(|events| events[0].agent == "claude-code").max_by_key(|events| events.len());
    let templates: Vec<&Event> = longest.into_iter().flatten().filter(|event| !ends(event)).collect();
    let chunk = |from: usize, count: usize| -> Vec<Event> {
        let event = |n: usize| {
            let mut event = templates[n % templates.len()].clone();
            event.stamp_ns = (1_795_312_800 + n as u64) * 1_000_000_000;
            let round = n / templates.len();
            event.data.tool_use_id = event.data.tool_use_id.map(|id| format!("{id}-{round}"));
            event.data.tool_use_ids.iter_mut().for_each(|id| *id = format!("{id}-{round}"));
            event.work.calls.iter_mut().for_each(|call| call.tool_use_id = format!("{}-{round}", call.tool_use_id));
            event
        };
        (from..from + count).map(event).collect()
    };
    let per_event = |state: &mut SessionState, from: usize, events: &[Event]| {
        let start = Instant::now();
        time_into(state, from as u64 + 1, events);
        start.elapsed().as_nanos() as f64 / events.len() as f64
    };
    let events = chunk(0, SHORT);
    let mut short: Vec<f64> = (0..ROUNDS).map(|_| per_event(&mut SessionState::new("s"), 0, &events)).collect();
    let mut long = Vec::new();
    let mut state = SessionState::new("s");
    for from in (0..LONG + 20 * CHUNK).step_by(CHUNK) {
        let took = per_event(&mut state, from, &chunk(from, CHUNK));
        if from >= LONG {
            long.push(took);
        }
    }
    (quantile(&mut short, 0.5), quantile(&mut long, 0.5))
}

fn quantile(samples: &mut [f64], at: f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[((samples.len() - 1) as f64 * at) as usize]
}
