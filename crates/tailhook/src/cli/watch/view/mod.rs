//! Draws the model. Changes nothing: the same model gives the same picture.

mod areas;
mod detail;
mod events;
mod frame;
mod help;
mod sessions;
mod theme;
mod timeline;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::model::Model;
pub(super) use areas::Areas;
pub(super) use theme::Theme;

/// Draws everything; gives the place of the text cursor where something is being typed.
pub(super) fn draw(model: &Model, areas: &Areas, theme: Theme, buffer: &mut Buffer) -> Option<Position> {
    frame::header(model, areas.header, theme, buffer);
    if let Some(area) = areas.sessions {
        sessions::draw(model, area, theme, buffer);
    }
    if let (Some(sessions), Some(right)) = (areas.sessions, areas.title) {
        frame::divide(sessions.right(), right.y, areas.footer.y, theme, buffer);
    }
    if let Some(area) = areas.title {
        frame::title(model, area, theme, buffer);
    }
    if let Some(area) = areas.timeline {
        timeline::draw(model, area, theme, buffer);
    }
    if let Some(area) = areas.events {
        events::draw(model, area, theme, buffer);
    }
    if let Some(area) = areas.detail {
        detail::draw(model, area, theme, buffer);
    }
    if model.help {
        help::draw(areas.body, theme, buffer);
    }
    frame::footer(model, areas.footer, theme, buffer)
}

/// Writes a line of spans; what does not fit is left out. True to the width that each span claims.
fn put(buffer: &mut Buffer, x: u16, y: u16, columns: u16, spans: Vec<Span<'_>>) -> u16 {
    buffer.set_line(x, y, &Line::from(spans), columns).0
}

/// One text in one style.
fn put_text(buffer: &mut Buffer, area: Rect, y: u16, text: &str, style: Style) {
    if y < area.bottom() {
        buffer.set_stringn(area.x, y, text, area.width as usize, style);
    }
}
