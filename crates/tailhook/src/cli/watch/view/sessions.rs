//! The list of sessions: those that need somebody first, two lines each where there is room.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{Theme, put};
use crate::cli::text::{elapsed, fit, width};
use crate::cli::watch::model::{Focus, Model, Session};

/// What one line of the list shows.
enum Item<'m> {
    All,
    Heading(&'static str),
    Name(&'m Session),
    /// Whose it is, where there are several agents and the first line has no room for it.
    Agent(&'m Session),
    Detail(&'m Session),
}

pub(super) fn draw(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let items = items(model, area.width as usize);
    let is_chosen = |item: &Item| match item {
        Item::All => model.scope.session.is_none(),
        Item::Name(session) | Item::Agent(session) | Item::Detail(session) => {
            model.scope.session.as_ref() == Some(&session.id)
        }
        Item::Heading(_) => false,
    };
    let height = area.height as usize;
    let chosen = items.iter().rposition(is_chosen).unwrap_or(0);
    // The heading above the first session stays in sight.
    let top = if chosen < height { 0 } else { (chosen + 1 + height / 3).min(items.len()).saturating_sub(height) };
    for (item, y) in items.iter().skip(top).zip(area.y..area.bottom()) {
        let row = Rect { y, height: 1, ..area };
        draw_item(model, item, is_chosen(item), row, theme, buffer);
    }
}

/// Columns that a session's name can have: beside it are bar, shape and time.
fn name_room(model: &Model, session: &Session, columns: usize) -> usize {
    columns.saturating_sub(4 + width(&elapsed(model.now_us - session.since_us)) + 1)
}

fn agent_fits(model: &Model, session: &Session, columns: usize) -> bool {
    width(&session.tag) + 2 + width(&session.agent) <= name_room(model, session, columns)
}

fn items(model: &Model, columns: usize) -> Vec<Item<'_>> {
    let mut items = vec![Item::All];
    let mut rank = None;
    for session in model.sessions.all() {
        let here = session.look.rank();
        if rank != Some(here) {
            items.push(Item::Heading(here.label()));
            rank = Some(here);
        }
        items.push(Item::Name(session));
        if model.sessions.several_agents() && !agent_fits(model, session, columns) {
            items.push(Item::Agent(session));
        }
        if !session.detail.is_empty() && here <= super::super::model::Rank::Working {
            items.push(Item::Detail(session));
        }
    }
    items
}

fn draw_item(model: &Model, item: &Item, chosen: bool, row: Rect, theme: Theme, buffer: &mut Buffer) {
    let focused = chosen && model.focus == Focus::Sessions;
    let bar = if chosen { theme.vertical_bar() } else { " " };
    let columns = row.width as usize;
    let spans = match item {
        Item::All => vec![Span::raw(bar), Span::styled(fit("All sessions", columns - 1), theme.strong())],
        Item::Heading(text) => vec![Span::raw(" "), Span::styled((*text).to_owned(), theme.faint())],
        Item::Name(session) => {
            let since = elapsed(model.now_us - session.since_us);
            let room = name_room(model, session, columns);
            let beside = model.sessions.several_agents() && agent_fits(model, session, columns);
            let (agent, gap) = if beside { (session.agent.as_str(), "  ") } else { ("", "") };
            let room = room.saturating_sub(width(agent) + gap.len());
            vec![
                Span::raw(bar),
                Span::styled(theme.look_shape(session.look), theme.look(session.look)),
                Span::raw(" "),
                Span::styled(fit(&session.tag, room), if chosen { theme.strong() } else { theme.text() }),
                Span::styled(format!("{gap}{agent} {since} "), theme.faint()),
            ]
        }
        Item::Agent(session) => second_line(bar, &session.agent, columns, theme),
        Item::Detail(session) => second_line(bar, &session.detail, columns, theme),
    };
    put(buffer, row.x, row.y, row.width, spans);
    if focused {
        buffer.set_style(row, theme.chosen());
    }
}

fn second_line<'t>(bar: &'t str, text: &str, columns: usize, theme: Theme) -> Vec<Span<'t>> {
    vec![Span::raw(bar), Span::styled(format!("  {}", fit(text, columns.saturating_sub(4))), theme.faint())]
}
