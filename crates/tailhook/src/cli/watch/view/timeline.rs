//! The calls of the chosen session.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::{Theme, put_text};
use crate::cli::text::{clock, cut, duration};
use crate::cli::watch::model::{Model, Outcome, Timeline, lay_out};

/// Columns for the names of lanes.
const NAMES: u16 = 9;

/// Lanes, an axis with times, a rule.
pub(super) fn draw(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let bottom = area.bottom() - 1;
    put_text(buffer, area, bottom, &theme.horizontal().repeat(area.width as usize), theme.faint());
    let chart = Rect {
        x: area.x + 1 + NAMES,
        width: area.width.saturating_sub(NAMES + 2),
        height: area.height.saturating_sub(2),
        ..area
    };
    let timeline = lay_out(model.feed.spans().all(), model.now_us, chart.width as usize, chart.height as usize);
    if timeline.bars.is_empty() {
        put_text(buffer, area, area.y + chart.height / 2, "  no calls yet", theme.faint());
        return;
    }
    for (row, name) in &timeline.lanes {
        let name = cut(name, NAMES as usize - 1);
        buffer.set_string(area.x + 1, chart.y + *row as u16, name, theme.faint());
    }
    for pause in &timeline.pauses {
        for y in chart.y..chart.bottom() {
            buffer.set_string(chart.x + *pause as u16, y, theme.pause(), theme.faint());
        }
    }
    draw_bars(model, &timeline, chart, theme, buffer);
    let axis = chart.bottom();
    let begin = clock(timeline.begin_us, &model.zone);
    let length = (timeline.end_us - timeline.begin_us).max(0).cast_unsigned() / 1_000;
    let end = format!("+{}", duration(length));
    buffer.set_stringn(chart.x, axis, begin.get(..8).unwrap_or(&begin), chart.width as usize, theme.faint());
    let x = chart.right().saturating_sub(end.len() as u16);
    buffer.set_stringn(x, axis, end, chart.width as usize, theme.faint());
}

fn draw_bars(model: &Model, timeline: &Timeline, chart: Rect, theme: Theme, buffer: &mut Buffer) {
    let cursor = model.feed.cursor();
    // What went well first: what did not is not to be covered by it.
    let mut bars: Vec<_> = timeline.bars.iter().collect();
    bars.sort_by_key(|bar| !matches!(bar.outcome, Outcome::Ok | Outcome::Lost));
    for bar in bars {
        let y = chart.y + bar.row as u16;
        let (body, end) = theme.bar(bar.outcome);
        let chosen = cursor.is_some_and(|seq| seq == bar.begin_seq || seq == bar.end_seq);
        for column in bar.from..=bar.to {
            let waits = bar.waits_from.is_some_and(|from| column >= from);
            let shape = if column == bar.to {
                end
            } else if waits {
                theme.waiting()
            } else {
                body
            };
            let mut style = theme.outcome(bar.outcome);
            if chosen {
                style = style.add_modifier(Modifier::REVERSED);
            }
            buffer.set_string(chart.x + column as u16, y, shape, style);
        }
    }
}
