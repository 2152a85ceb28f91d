//! What `?` shows.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;
use ratatui::widgets::{Clear, Widget};

use super::{Theme, put, put_text};
use crate::cli::watch::keys::{HELP, TERMS};

/// Over everything else; in two columns where there is room.
pub(super) fn draw(body: Rect, theme: Theme, buffer: &mut Buffer) {
    Clear.render(body, buffer);
    put_text(buffer, body, body.y, " Keys", theme.strong());
    let half = body.width / 2;
    let two = body.width >= 120;
    for (entry, y) in HELP.iter().zip(body.y + 1..body.bottom()) {
        draw_entry(entry, body.x, y, if two { half } else { body.width }, theme, buffer);
    }
    let (x, top) = if two { (body.x + half, body.y) } else { (body.x, body.y + 2 + HELP.len() as u16) };
    if top < body.bottom() {
        buffer.set_stringn(x, top, " Filter", half as usize, theme.strong());
    }
    for (entry, y) in TERMS.iter().zip(top + 1..body.bottom()) {
        draw_entry(entry, x, y, body.right() - x, theme, buffer);
    }
}

fn draw_entry((key, text): &(&str, &str), x: u16, y: u16, columns: u16, theme: Theme, buffer: &mut Buffer) {
    let spans = vec![Span::styled(format!("  {key:<16} "), theme.key()), Span::raw(*text)];
    put(buffer, x, y, columns, spans);
}
