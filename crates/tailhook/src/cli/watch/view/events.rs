//! The list of events.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Span;

use super::{Theme, put, put_text};
use crate::cli::text::{clock, duration, fit, short_id, width};
use crate::cli::watch::model::{Model, Outcome, Phase, Row, View};
use crate::cli::watch::news::Connection;

/// Columns for time, session and label: what a line needs before it says anything. The rest is what happened.
const WIDTHS: [(u16, Widths); 3] = [
    (84, Widths { time: 12, tag: 16, label: 14 }),
    (50, Widths { time: 8, tag: 10, label: 12 }),
    (0, Widths { time: 5, tag: 8, label: 9 }),
];

#[derive(Clone, Copy)]
struct Widths {
    time: usize,
    tag: usize,
    label: usize,
}

pub(super) fn draw(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    if model.feed.is_empty() {
        put_text(buffer, area, area.y + area.height / 3, &format!("  {}", nothing(model)), theme.faint());
        return;
    }
    for (row, y) in model.feed.picture().zip(area.y..area.bottom()) {
        let line = Rect { y, height: 1, ..area };
        put(buffer, line.x, line.y, line.width, spans(model, row, area.width, theme));
        if model.feed.stands_on(row) {
            buffer.set_style(line, theme.chosen());
        }
    }
}

fn nothing(model: &Model) -> &'static str {
    match &model.connection {
        Connection::Live { .. } if model.loading => "",
        Connection::Live { .. } if model.feed.failed_only() => "nothing failed (f shows everything)",
        Connection::Live { .. } if !model.scope.query.is_empty() => "nothing passes the filter (Esc removes it)",
        Connection::Live { .. } => "no events yet; tailhook install claude-code registers the hook",
        Connection::Connecting => "connecting to the daemon",
        Connection::Away { .. } => "waiting for the daemon; tailhook up starts one",
    }
}

fn spans(model: &Model, row: &Row, columns: u16, theme: Theme) -> Vec<Span<'static>> {
    let widths = WIDTHS.iter().find(|(from, _)| columns >= *from).map_or(WIDTHS[2].1, |(_, widths)| *widths);
    let (mut spans, mut used) = (Vec::new(), 0);
    let mut add = |text: String, style: Style| {
        used += width(&text);
        spans.push(Span::styled(text, style));
        used
    };
    let time = clock(row.at_us, &model.zone);
    add(format!(" {} ", time.get(..widths.time).unwrap_or(&time)), theme.faint());
    if model.scope.session.is_none() {
        let session = model.sessions.get(&row.session_id);
        let tag = session.map_or_else(|| short_id(&row.session_id), |session| session.tag.clone());
        add(format!("{} ", fit(&tag, widths.tag)), theme.session(&row.session_id));
    }
    let folded = model.feed.view() == View::Calls && row.phase == Phase::Begin;
    let call = model.feed.spans().get(&row.tool_use_id).filter(|_| folded);
    let mark = call.map_or(row.mark, |call| theme.outcome_mark(call.outcome));
    let failed = row.failed || call.is_some_and(|call| call.outcome == Outcome::Failed);
    add(format!("{} ", theme.mark_shape(mark)), theme.mark(mark));
    add(format!("{} ", fit(&row.label, widths.label)), if failed { theme.bad() } else { theme.strong() });
    if !row.agent_id.is_empty() {
        let name = if row.agent_type.is_empty() { "subagent" } else { &row.agent_type };
        add(format!("{name}: "), theme.faint());
    }
    let used = add(String::new(), theme.text());
    let took = call.and_then(|call| call.duration_ms).or(row.duration_ms).map(duration);
    let odd = if row.odd { "  odd" } else { "" };
    let end = format!("{odd}{}", took.map(|took| format!("  {took}")).unwrap_or_default());
    let room = (columns as usize).saturating_sub(used + width(&end) + 1);
    add(fit(&row.summary, room), theme.text());
    add(format!("{end} "), if failed { theme.bad() } else { theme.faint() });
    spans
}
