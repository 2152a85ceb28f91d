//! Where each call stands in the picture: lanes by agent, calls that overlap in rows of a lane, on an axis that spends
//! its columns on activity. Stretches in which nothing happened shrink to one column.

use super::span::{Outcome, Span};

/// The newest calls; more are no picture in a few rows.
const MAX_BARS: usize = 400;
/// Nothing for this long, and for this share of all activity, is a pause.
const MIN_PAUSE_US: i64 = 4_000_000;
const PAUSE_SHARE: f64 = 0.06;

/// One call. Columns count from 0; `to` is the last one it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bar {
    pub(crate) row: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// From this column on it waited for an answer.
    pub(crate) waits_from: Option<usize>,
    pub(crate) outcome: Outcome,
    pub(crate) begin_seq: u64,
    pub(crate) end_seq: u64,
}

/// The picture.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Timeline {
    /// Row and name of each lane.
    pub(crate) lanes: Vec<(usize, String)>,
    pub(crate) bars: Vec<Bar>,
    /// Columns that stand for a pause.
    pub(crate) pauses: Vec<usize>,
    pub(crate) begin_us: i64,
    pub(crate) end_us: i64,
    pub(crate) rows: usize,
}

/// A stretch of time and its columns, `from` up to but without `to`.
struct Piece {
    begin_us: i64,
    end_us: i64,
    from: usize,
    to: usize,
}

/// Lays out the calls in so many columns and rows. What does not fit in rows overlaps in the last.
pub(crate) fn lay_out<'a>(spans: impl Iterator<Item = &'a Span>, now_us: i64, columns: usize, rows: usize) -> Timeline {
    let mut spans: Vec<&Span> = spans.collect();
    spans.sort_by_key(|span| (span.begin_us, span.begin_seq));
    spans.drain(..spans.len().saturating_sub(MAX_BARS));
    if spans.is_empty() || columns < 8 || rows == 0 {
        return Timeline::default();
    }
    let end_of = |span: &Span| span.end_us.unwrap_or(now_us).max(span.begin_us);
    let pieces = pieces(&spans.iter().flat_map(|span| busy(span, end_of(span))).collect::<Vec<_>>(), columns);
    let column = |at_us: i64| column(&pieces, at_us);
    let mut timeline = Timeline {
        begin_us: pieces.first().map_or(0, |piece| piece.begin_us),
        end_us: pieces.last().map_or(0, |piece| piece.end_us),
        pauses: pieces.windows(2).map(|pair| pair[0].to).collect(),
        ..Timeline::default()
    };
    let mut agents: Vec<&str> = Vec::new();
    for span in &spans {
        if !agents.contains(&span.agent_id.as_str()) {
            agents.push(&span.agent_id);
        }
    }
    // The main agent on top, then subagents as they came.
    agents.sort_by_key(|agent| !agent.is_empty());
    for agent in agents {
        let first = timeline.rows.min(rows - 1);
        let mut ends: Vec<usize> = Vec::new();
        for span in spans.iter().filter(|span| span.agent_id == agent) {
            let (from, to) = (column(span.begin_us), column((end_of(span) - 1).max(span.begin_us)));
            let free = ends.iter().position(|end| *end < from).unwrap_or(ends.len()).min(rows - 1 - first);
            ends.resize(ends.len().max(free + 1), 0);
            ends[free] = ends[free].max(to);
            timeline.bars.push(Bar {
                row: first + free,
                from,
                to,
                waits_from: span.asked_us.filter(|_| span.outcome == Outcome::Waiting).map(column),
                outcome: span.outcome,
                begin_seq: span.begin_seq,
                end_seq: span.end_seq,
            });
            if free == 0 && ends.len() == 1 && timeline.lanes.last().is_none_or(|(row, _)| *row < first) {
                timeline.lanes.push((first, name(span)));
            }
        }
        timeline.rows = first + ends.len();
    }
    timeline
}

fn name(span: &Span) -> String {
    match (span.agent_id.is_empty(), span.agent_type.is_empty()) {
        (true, _) => "main".into(),
        (false, true) => "subagent".into(),
        (false, false) => span.agent_type.clone(),
    }
}

/// Waiting for somebody is no activity: it may take hours, and has its place among the pauses.
fn busy(span: &Span, end_us: i64) -> Vec<(i64, i64)> {
    match span.asked_us {
        Some(asked) => vec![(span.begin_us, asked.clamp(span.begin_us, end_us)), (end_us, end_us)],
        None => vec![(span.begin_us, end_us)],
    }
}

fn pieces(times: &[(i64, i64)], columns: usize) -> Vec<Piece> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let active: i64 = join(&sorted, 0).iter().map(|(begin, end)| end - begin).sum();
    let mut limit = MIN_PAUSE_US.max((active as f64 * PAUSE_SHARE) as i64);
    let mut stretches = join(&sorted, limit);
    // Pauses may take a quarter of the columns.
    while stretches.len() > (columns / 4).max(1) {
        limit = limit.saturating_mul(2);
        stretches = join(&sorted, limit);
    }
    let total: i64 = stretches.iter().map(|(begin, end)| end - begin).sum::<i64>().max(1);
    // A column for each pause and one for each stretch; the rest by time.
    let rest = columns.saturating_sub(2 * stretches.len() - 1) as f64;
    let (mut pieces, mut before, mut place) = (Vec::new(), 0_i64, 0_usize);
    for (begin_us, end_us) in stretches {
        before += end_us - begin_us;
        let from = place;
        let share = (rest * before as f64 / total as f64).round() as usize;
        let to = (share + 2 * pieces.len() + 1).max(from + 1);
        pieces.push(Piece { begin_us, end_us, from, to });
        place = to + 1;
    }
    pieces
}

/// Stretches of activity with no pause over the limit in them.
fn join(sorted: &[(i64, i64)], limit_us: i64) -> Vec<(i64, i64)> {
    let mut joined: Vec<(i64, i64)> = Vec::new();
    for (begin, end) in sorted {
        match joined.last_mut() {
            Some(last) if *begin <= last.1.saturating_add(limit_us) => last.1 = last.1.max(*end),
            _ => joined.push((*begin, *end)),
        }
    }
    joined
}

fn column(pieces: &[Piece], at_us: i64) -> usize {
    for piece in pieces {
        if at_us < piece.begin_us {
            // In the pause before it.
            return piece.from.saturating_sub(1);
        }
        if at_us <= piece.end_us {
            let (length, wide) = ((piece.end_us - piece.begin_us).max(1), piece.to - piece.from);
            let share = (at_us - piece.begin_us) as f64 / length as f64;
            return (piece.from + (share * wide as f64) as usize).min(piece.to - 1);
        }
    }
    pieces.last().map_or(0, |piece| piece.to - 1)
}

#[cfg(test)]
mod tests {
    use super::super::span::Spans;
    use super::super::testing::{at, row};
    use super::*;

    fn drawn(calls: &[(&str, i64, i64)]) -> String {
        let mut rows = Vec::new();
        for (n, (agent, begin, end)) in calls.iter().enumerate() {
            let id = format!("t{n}");
            for (kind, second) in [("pre_tool_use", *begin), ("post_tool_use", *end)] {
                let mut row = at(second, row(0, "s", kind, Some(&id)));
                row.agent_id = (*agent).into();
                row.agent_type = (*agent).into();
                rows.push(row);
            }
        }
        rows.sort_by_key(|row| row.at_us);
        for (row, seq) in rows.iter_mut().zip(1..) {
            row.seq = seq;
        }
        let timeline = lay_out(Spans::of(&rows).all(), 0, 20, 3);
        let mut picture = vec![vec!['.'; 20]; timeline.rows];
        for bar in &timeline.bars {
            picture[bar.row][bar.from..=bar.to].fill('#');
        }
        for pause in &timeline.pauses {
            for row in &mut picture {
                row[*pause] = '|';
            }
        }
        let mut text: Vec<String> = picture.into_iter().map(|row| row.into_iter().collect()).collect();
        for (row, lane) in &timeline.lanes {
            text[*row] += " ";
            text[*row] += lane;
        }
        text.join("\n")
    }

    #[test]
    fn calls_one_after_the_other_share_a_row() {
        assert_eq!(drawn(&[("", 0, 10), ("", 10, 20)]), "#################### main");
    }

    #[test]
    fn calls_side_by_side_have_rows_and_subagents_lanes() {
        insta::assert_snapshot!(drawn(&[("", 0, 20), ("", 5, 10), ("Explore", 10, 15)]));
    }

    #[test]
    fn pauses_take_one_column() {
        insta::assert_snapshot!(drawn(&[("", 0, 10), ("", 3_600, 3_610), ("", 90_000, 90_001)]));
    }

    #[test]
    fn any_times_stay_in_the_picture() {
        use proptest::prelude::*;
        let call = (0_i64..100_000, 0_i64..5_000, 0_u8..4);
        proptest!(|(calls in proptest::collection::vec(call, 0..200), columns in 0_usize..200, rows in 0_usize..12)| {
            let spans: Vec<Span> = calls.iter().map(|(begin, length, agent)| Span {
                agent_id: if *agent == 0 { String::new() } else { agent.to_string() },
                agent_type: String::new(),
                label: String::new(),
                summary: String::new(),
                begin_us: begin * 1_000_000,
                end_us: (*agent != 3).then_some((begin + length) * 1_000_000),
                begin_seq: 1,
                end_seq: 2,
                asked_us: None,
                duration_ms: None,
                outcome: Outcome::Ok,
            }).collect();
            let timeline = lay_out(spans.iter(), 50_000_000_000, columns, rows);
            for bar in &timeline.bars {
                prop_assert!(bar.from <= bar.to && bar.to < columns && bar.row < rows, "{bar:?}");
            }
            prop_assert!(timeline.pauses.iter().all(|pause| *pause < columns));
        });
    }
}
