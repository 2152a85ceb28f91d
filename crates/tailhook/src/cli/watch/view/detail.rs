//! The open event.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{Theme, put, put_text};
use crate::cli::text::{clock, wrap};
use crate::cli::watch::model::{Detail, Line, Model, Tone};

pub(super) fn draw(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let Some(detail) = &model.detail else { return };
    let rule = theme.horizontal().repeat(area.width as usize);
    put_text(buffer, area, area.y, &rule, theme.faint());
    let time = if detail.at_us == 0 { String::new() } else { format!("{} ", clock(detail.at_us, &model.zone)) };
    put_text(buffer, area, area.y, &format!("{0}{0} event {1} {time}", theme.horizontal(), detail.seq), theme.faint());
    let mut y = area.y + 1;
    for line in detail.lines.iter().skip(detail.scroll) {
        for spans in lines(line, area.width as usize, theme) {
            if y >= area.bottom() {
                mark_more(detail, area, theme, buffer);
                return;
            }
            put(buffer, area.x, y, area.width, spans);
            y += 1;
        }
    }
}

/// There is more below.
fn mark_more(detail: &Detail, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let text = format!(" Space: more, line {} of {} ", detail.scroll + 1, detail.lines.len());
    let x = area.right().saturating_sub(text.len() as u16 + 1).max(area.x);
    buffer.set_stringn(x, area.y, text, area.width as usize, theme.faint());
}

fn lines(line: &Line, columns: usize, theme: Theme) -> Vec<Vec<Span<'static>>> {
    let indent = " ".repeat(1 + 2 * line.indent);
    let key = if line.key.is_empty() { String::new() } else { format!("{} ", line.key) };
    let style = match line.tone {
        Tone::Key | Tone::Text | Tone::Block => theme.text(),
        Tone::Faint => theme.faint(),
        Tone::Bad => theme.bad(),
    };
    let bar = if line.tone == Tone::Block { format!("{} ", theme.vertical()) } else { String::new() };
    let used = indent.len() + crate::cli::text::width(&key) + crate::cli::text::width(&bar);
    let room = columns.saturating_sub(used + 1).max(8);
    wrap(&line.value, room)
        .into_iter()
        .enumerate()
        .map(|(n, part)| {
            let key = if n == 0 { key.clone() } else { " ".repeat(crate::cli::text::width(&key)) };
            vec![
                Span::raw(indent.clone()),
                Span::styled(key, theme.key()),
                Span::styled(bar.clone(), theme.faint()),
                Span::styled(part, style),
            ]
        })
        .collect()
}
