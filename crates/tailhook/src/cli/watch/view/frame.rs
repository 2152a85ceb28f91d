//! The first line, the last line, and the line above the events.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Span;

use super::{Theme, put, put_text};
use crate::cli::text::{cut, milliseconds, plain, width};
use crate::cli::version::{Difference, between};
use crate::cli::watch::model::{Model, Rank, View};
use crate::cli::watch::news::Connection;

/// Name, connection, and how many sessions stand how.
pub(super) fn header(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let mut spans = vec![Span::styled(" tailhook", theme.strong()), Span::raw("  ")];
    match &model.connection {
        Connection::Live { .. } => {
            spans.push(Span::styled(theme.live(), theme.good()));
            spans.push(Span::styled(" live", theme.faint()));
        }
        Connection::Connecting => spans.push(Span::styled(format!("{} connecting", theme.away()), theme.attention())),
        Connection::Away { why } => {
            spans.push(Span::styled(format!("{} away: {why}", theme.away()), theme.attention()));
        }
    }
    for (rank, one, many, style) in [
        (Rank::NeedsYou, "needs you", "need you", theme.attention()),
        (Rank::YourTurn, "your turn", "your turn", theme.text()),
        (Rank::Working, "working", "working", theme.text()),
    ] {
        let count = model.sessions.count(rank);
        if count > 0 {
            let style = if rank == Rank::NeedsYou { style } else { theme.faint() };
            spans.push(Span::styled(format!("   {count} {}", if count == 1 { one } else { many }), style));
        }
    }
    match model.sessions.len() {
        0 => {}
        1 => spans.push(Span::styled("   1 session", theme.faint())),
        many => spans.push(Span::styled(format!("   {many} sessions"), theme.faint())),
    }
    put(buffer, area.x, area.y, area.width, spans);
}

/// Which events these are.
pub(super) fn title(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) {
    let mut spans = vec![Span::raw(" ")];
    match (model.chosen(), &model.scope.session) {
        (Some(session), _) => {
            spans.push(Span::styled(format!("{} ", theme.look_shape(session.look)), theme.look(session.look)));
            spans.push(Span::styled(session.tag.clone(), theme.strong()));
            let mut about = vec![session.look.word().to_owned(), session.agent.clone()];
            for (count, one, many) in [
                (session.turns, "turn", "turns"),
                (session.tools, "call", "calls"),
                (session.failures, "failed", "failed"),
            ] {
                if count > 0 {
                    about.push(format!("{count} {}", if count == 1 { one } else { many }));
                }
            }
            if !session.title.is_empty() {
                about.push(session.title.clone());
            }
            spans.push(Span::styled(format!("  {}", about.join(theme.dot())), theme.faint()));
        }
        (None, Some(_)) => spans.push(Span::styled("unknown session", theme.strong())),
        (None, None) => spans.push(Span::styled("All sessions", theme.strong())),
    }
    let mut kept = Vec::new();
    if !model.scope.query.is_empty() {
        kept.push(format!("filter: {}", cut(&plain(&model.scope.query), 40)));
    }
    if !model.scope.fixed.is_empty() {
        kept.push("some types or agents only".into());
    }
    if model.feed.failed_only() {
        kept.push("failed only".into());
    }
    if model.feed.view() == View::Calls {
        kept.push("calls".into());
    }
    if model.feed.unseen() > 0 {
        kept.push(format!("{} new below", model.feed.unseen()));
    }
    let right = format!(" {} ", kept.join(theme.dot()));
    let columns = if kept.is_empty() { 0 } else { (width(&right) as u16).min(area.width) };
    put(buffer, area.x, area.y, area.width - columns, spans);
    if columns > 0 {
        buffer.set_stringn(area.right() - columns, area.y, right, columns as usize, theme.key());
    }
}

/// The line between sessions and events.
pub(super) fn divide(x: u16, from: u16, to: u16, theme: Theme, buffer: &mut Buffer) {
    for y in from..to {
        buffer.set_string(x, y, theme.vertical(), theme.faint());
    }
}

/// What is being typed, what is wrong, or how fast everything is. Gives the text cursor's place.
pub(super) fn footer(model: &Model, area: Rect, theme: Theme, buffer: &mut Buffer) -> Option<Position> {
    if let Some(typed) = &model.typing {
        let text = format!(" / {}", plain(typed));
        // The end is what is being typed.
        let over = width(&text).saturating_sub(area.width as usize - 1);
        let mut skipped = 0;
        let text: String = text
            .chars()
            .skip_while(|c| {
                let skip = skipped < over;
                skipped += width(c.encode_utf8(&mut [0; 4]));
                skip
            })
            .collect();
        put_text(buffer, area, area.y, &text, theme.text());
        if let Some(why) = &model.refused {
            let from = (width(&text) as u16 + 3).min(area.width);
            buffer.set_stringn(area.x + from, area.y, why, (area.width - from) as usize, theme.bad());
        }
        let x = area.x + (width(&text) as u16).min(area.width.saturating_sub(1));
        return Some(Position { x, y: area.y });
    }
    if let Some(why) = &model.refused {
        put_text(buffer, area, area.y, &format!(" filter: {why}"), theme.bad());
        return None;
    }
    let keys = "? keys ";
    let room = area.width.saturating_sub(keys.len() as u16);
    put(buffer, area.x, area.y, room, numbers(model, theme));
    buffer.set_stringn(area.x + room, area.y, keys, keys.len(), theme.faint());
    None
}

/// p50 and p99 of each stage of an event's way.
fn numbers(model: &Model, theme: Theme) -> Vec<Span<'static>> {
    if let Connection::Live { version } = &model.connection
        && let Some(Difference { message, mend }) = between(version, model.version)
    {
        return vec![Span::styled(format!(" {message}: {mend}"), theme.attention())];
    }
    let mut spans = Vec::new();
    let mut add = |name: &str, p50: u64, p99: u64| {
        spans.push(Span::styled(format!(" {name} "), theme.faint()));
        spans.push(Span::raw(format!("{}/{}", milliseconds(p50), milliseconds(p99))));
        spans.push(Span::raw(" "));
    };
    if let Some(stats) = model.stats.filter(|stats| stats.hook_us.count > 0) {
        add("hook", stats.hook_us.p50, stats.hook_us.p99);
        add("store", stats.delivery_us.p50, stats.delivery_us.p99);
    }
    if let Some((p50, p99)) = model.latency.p50_p99() {
        add("screen", p50, p99);
    }
    if !spans.is_empty() {
        spans.push(Span::styled(" ms p50/p99", theme.faint()));
    }
    if let Some(stats) = model.stats.filter(|stats| stats.lag_bytes > 0) {
        spans.push(Span::styled(format!("  {} bytes wait", stats.lag_bytes), theme.attention()));
    }
    spans
}
