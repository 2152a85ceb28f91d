//! The tables, the plot and the files.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::Result;
use bench_report::payload::size_text;
use bench_report::plot::{self, Bar};
use bench_report::table::time_text;
use bench_report::{Machine, Sample, Summary, Table, results};
use serde::Serialize;

use crate::candidates::{Candidate, FLOOR, NO_SPARE, OURS, WITHOUT_HANDOFF};
use crate::node;
use crate::options::Options;
use crate::peers::Missing;
use crate::rounds::{LIMIT, Panel};

/// All that a run found out.
pub(crate) struct Run {
    pub(crate) machine: Machine,
    pub(crate) options: Options,
    pub(crate) candidates: Vec<Candidate>,
    pub(crate) missing: Vec<Missing>,
    pub(crate) panels: Vec<Panel>,
    pub(crate) node: Option<Vec<(String, Sample)>>,
    pub(crate) posts: u64,
}

/// As programs read it.
#[derive(Serialize)]
struct Kept<'a> {
    machine: &'a Machine,
    /// By payload size and candidate.
    wall: BTreeMap<usize, BTreeMap<&'a str, Summary>>,
    node: BTreeMap<&'a str, Summary>,
    missing: BTreeMap<&'a str, &'a str>,
    /// More than the limit for one call at this payload size.
    too_slow: BTreeMap<usize, &'a [String]>,
}

/// Prints the tables; keeps them where the run was a whole one.
pub(crate) fn write(run: &Run) -> Result<()> {
    let text = markdown(run);
    println!("{text}");
    if !run.options.keeps_results() {
        return Ok(());
    }
    results::write("hook.md", &text)?;
    results::write_json("hook.json", &kept(run))?;
    let svg = run.panels.first().map(|panel| draw(run, panel)).unwrap_or_default();
    results::write("hook.svg", &svg)
}

fn markdown(run: &Run) -> String {
    let mut text = format!(
        "# What one hook call costs\n\n{}.\n\nFrom spawn to reaped, standard streams on socketpairs. The candidates take \
         turns in random order; the peers in fewer rounds of their own between those of the fast ones. Times on a shared \
         machine vary: compare the ratios. Written by `make bench`.\n",
        run.machine
    );
    for panel in &run.panels {
        let _ = write!(text, "\n## {} on standard input\n\n{}", size_text(panel.size), wall_table(run, panel));
        if panel.summary(&run.candidates, NO_SPARE).is_some() {
            text.push_str(
                "\nWhat is too large for a frame goes into a file, and the daemon hands the file of a stored payload back. \
                 Without a spare one: the first such payload of all, or the second of two at once.\n",
            );
        }
        for name in &panel.too_slow {
            let _ =
                write!(text, "\n{name}: more than {} s for one call, not measured at this size.\n", LIMIT.as_secs());
        }
    }
    if !run.missing.is_empty() {
        text.push_str("\n## Not measured\n\n");
        for Missing { name, reason } in &run.missing {
            let _ = writeln!(text, "- {name}: {reason}");
        }
    }
    match &run.node {
        Some(samples) => {
            let _ = write!(
                text,
                "\n## As seen from Node\n\nFrom `child_process.spawn` to its `close` event, {}.\n\n{}",
                size_text(node::SIZE),
                node_table(samples)
            );
        }
        None => text.push_str("\nThere is no Node here: what it sees was not measured.\n"),
    }
    if run.posts > 0 {
        let _ = write!(text, "\nThe peers' server got {} posts whole.\n", run.posts);
    }
    text
}

fn wall_table(run: &Run, panel: &Panel) -> Table {
    let mut table =
        Table::new(1, &["candidate", "p50", "p99", "to exit-only", "to no hand-off", "to tailhook-hook", "rounds"]);
    let summary = |name| panel.summary(&run.candidates, name);
    let (floor, without) = (summary(FLOOR), summary(WITHOUT_HANDOFF));
    for (candidate, sample) in run.candidates.iter().zip(&panel.samples) {
        let Some(s) = sample.summary() else { continue };
        // A slow peer is compared with the hook as it was in the same rounds.
        let ours = if candidate.slow { panel.among_slow.summary() } else { summary(OURS) };
        table.row([
            candidate.name.clone(),
            time_text(s.p50_us),
            time_text(s.p99_us),
            ratio(s, floor),
            ratio(s, without),
            ratio(s, ours),
            s.count.to_string(),
        ]);
    }
    if let Some(s) = panel.among_slow.summary() {
        table.row([
            format!("{OURS}, after a pause, as the peers"),
            time_text(s.p50_us),
            time_text(s.p99_us),
            ratio(s, floor),
            ratio(s, without),
            ratio(s, Some(s)),
            s.count.to_string(),
        ]);
    }
    table
}

fn node_table(samples: &[(String, Sample)]) -> Table {
    let mut table = Table::new(1, &["candidate", "p50", "p99", "to exit-only", "rounds"]);
    let floor = samples.iter().find(|(name, _)| name == FLOOR).and_then(|(_, sample)| sample.summary());
    for (name, sample) in samples {
        let Some(s) = sample.summary() else { continue };
        table.row([name.clone(), time_text(s.p50_us), time_text(s.p99_us), ratio(s, floor), s.count.to_string()]);
    }
    table
}

fn ratio(summary: Summary, of: Option<Summary>) -> String {
    let Some(of) = of else { return "-".into() };
    let ratio = summary.p50_us / of.p50_us;
    if ratio < 10.0 { format!("{ratio:.2}") } else { format!("{ratio:.0}") }
}

fn kept(run: &Run) -> Kept<'_> {
    let of_panel = |panel: &Panel| {
        let pairs = run.candidates.iter().zip(&panel.samples);
        pairs.filter_map(|(candidate, sample)| Some((candidate.name.as_str(), sample.summary()?))).collect()
    };
    let node = run.node.iter().flatten();
    Kept {
        machine: &run.machine,
        wall: run.panels.iter().map(|panel| (panel.size, of_panel(panel))).collect(),
        node: node.filter_map(|(name, sample)| Some((name.as_str(), sample.summary()?))).collect(),
        missing: run.missing.iter().map(|missing| (missing.name, missing.reason.as_str())).collect(),
        too_slow: run.panels.iter().map(|panel| (panel.size, &panel.too_slow[..])).collect(),
    }
}

fn draw(run: &Run, panel: &Panel) -> String {
    let mut bars: Vec<Bar> = run
        .candidates
        .iter()
        .zip(&panel.samples)
        .filter_map(|(candidate, sample)| {
            let s = sample.summary()?;
            Some(Bar { label: candidate.name.clone(), kind: candidate.kind, p50_us: s.p50_us, p99_us: s.p99_us })
        })
        .collect();
    bars.sort_by(|a, b| a.p50_us.total_cmp(&b.p50_us));
    plot::draw(
        "What one hook call costs the agent",
        &format!(
            "{} on standard input, from spawn to reaped. Bar: median, whisker: 99th percentile.",
            size_text(panel.size)
        ),
        &format!("Logarithmic axis. {}", run.machine),
        &bars,
    )
}
