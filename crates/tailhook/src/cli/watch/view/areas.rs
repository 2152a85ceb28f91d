//! Who gets which part of the screen.

use ratatui::layout::{Constraint, Layout, Rect};

use crate::cli::watch::model::{Focus, Model, Room};

/// From this width on, sessions and events stand side by side.
const SIDE_BY_SIDE: u16 = 68;
/// From this width on, an open event stands beside the list.
const THREE_COLUMNS: u16 = 140;
/// Less leaves no room for a timeline.
const TIMELINE_HEIGHT: u16 = 18;
const TIMELINE_ROWS: u16 = 5;

/// The parts that are in the picture. None of them overlap.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Areas {
    pub(crate) header: Rect,
    pub(crate) body: Rect,
    pub(crate) footer: Rect,
    pub(crate) sessions: Option<Rect>,
    /// The line that says which events these are.
    pub(crate) title: Option<Rect>,
    pub(crate) timeline: Option<Rect>,
    pub(crate) events: Option<Rect>,
    /// The open event, with a line above it or at its left that divides it from the list.
    pub(crate) detail: Option<Rect>,
}

impl Areas {
    pub(crate) fn of(model: &Model, screen: Rect) -> Self {
        let [header, body, footer] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(screen);
        let mut areas =
            Self { header, body, footer, sessions: None, title: None, timeline: None, events: None, detail: None };
        let mut right = body;
        if screen.width >= SIDE_BY_SIDE {
            let wide = (screen.width * 26 / 100).clamp(22, 36);
            areas.sessions = Some(Rect { width: wide, ..body });
            // A column for the line between them.
            right = Rect { x: body.x + wide + 1, width: body.width - wide - 1, ..body };
        } else if model.focus == Focus::Sessions {
            areas.sessions = Some(body);
            return areas;
        }
        areas.split_right(model, right);
        areas
    }

    fn split_right(&mut self, model: &Model, right: Rect) {
        let [title, mut rest] = Layout::vertical([Constraint::Length(1), Constraint::Min(0)]).areas(right);
        self.title = Some(title);
        if model.detail.is_some() && right.width >= THREE_COLUMNS * 3 / 4 {
            let [list, detail] = Layout::horizontal([Constraint::Percentage(52), Constraint::Min(0)]).areas(rest);
            (rest, self.detail) = (list, Some(detail));
        }
        if model.timeline && model.scope.session.is_some() && right.height >= TIMELINE_HEIGHT {
            let rows = if right.height >= 40 { TIMELINE_ROWS + 3 } else { TIMELINE_ROWS };
            let [timeline, list] = Layout::vertical([Constraint::Length(rows), Constraint::Min(0)]).areas(rest);
            (self.timeline, rest) = (Some(timeline), list);
        }
        if model.detail.is_some() && self.detail.is_none() {
            // The cursor's row and its neighbours stay in sight, on a screen that has the rows.
            let list = if rest.height < 12 { 0 } else { (rest.height / 3).clamp(3, 12) };
            let [events, detail] = Layout::vertical([Constraint::Length(list), Constraint::Min(0)]).areas(rest);
            (rest, self.detail) = (events, Some(detail));
        }
        self.events = (rest.height > 0).then_some(rest);
    }

    /// For the model.
    pub(crate) fn room(&self) -> Room {
        let rows = |area: Option<Rect>| area.map_or(0, |area| area.height as usize);
        Room { events: rows(self.events), sessions: rows(self.sessions), detail: rows(self.detail).saturating_sub(1) }
    }
}
