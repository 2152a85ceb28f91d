//! What each key does. The same keys as on the page, and some that only a terminal needs.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::model::Focus;

/// What a person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Move(isize),
    /// Screens of the open event, or of the list.
    Page(isize),
    Open,
    Close,
    ToStart,
    ToEnd,
    Search,
    Help,
    Focus,
    FocusOn(Focus),
    Session(isize),
    NextNeedy,
    AllSessions,
    Timeline,
    View,
    FailedOnly,
    Suspend,
    Redraw,
    Quit,
}

/// As `?` lists them.
pub(super) const HELP: [(&str, &str); 13] = [
    ("j k", "next, previous (also arrow keys)"),
    ("Enter", "open the event"),
    ("Esc", "close what is open, then the filter, then the session"),
    ("g G", "to the top; to the end, and follow"),
    ("/ ?", "filter; this help"),
    ("Tab h l", "between sessions and events"),
    ("J K a", "next, previous session; all sessions"),
    ("n", "next session that needs you"),
    ("v", "a row for each event, or for each call"),
    ("f", "only what failed"),
    ("t", "timeline of the chosen session"),
    ("Space b", "a page down, up: of the open event, or of the list"),
    ("q", "end; Ctrl-Z puts aside, Ctrl-L draws again"),
];

/// Words of a filter, as `?` lists them.
pub(super) const TERMS: [(&str, &str); 6] = [
    ("npm test", "events that contain both words"),
    ("\"npm test\"", "these words in a row"),
    ("tool_name:Bash", "calls of a tool"),
    ("type:hook.post_*", "events of a type"),
    ("failed", "what failed"),
    ("NOT agent:codex", "everything but that; AND, OR, ( )"),
];

/// What a key asks for, outside the filter.
pub(super) fn action(key: KeyEvent) -> Option<Action> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return match key.code {
            KeyCode::Char('c') => Some(Action::Quit),
            KeyCode::Char('z') => Some(Action::Suspend),
            KeyCode::Char('l') => Some(Action::Redraw),
            KeyCode::Char('d' | 'f') => Some(Action::Page(1)),
            KeyCode::Char('u' | 'b') => Some(Action::Page(-1)),
            _ => None,
        };
    }
    Some(match key.code {
        KeyCode::Char('j') | KeyCode::Down => Action::Move(1),
        KeyCode::Char('k') | KeyCode::Up => Action::Move(-1),
        KeyCode::Char(' ' | 'd') | KeyCode::PageDown => Action::Page(1),
        KeyCode::Char('b' | 'u') | KeyCode::PageUp => Action::Page(-1),
        KeyCode::Enter => Action::Open,
        KeyCode::Esc => Action::Close,
        KeyCode::Char('g') | KeyCode::Home => Action::ToStart,
        KeyCode::Char('G') | KeyCode::End => Action::ToEnd,
        KeyCode::Char('/') => Action::Search,
        KeyCode::Char('?') => Action::Help,
        KeyCode::Tab | KeyCode::BackTab => Action::Focus,
        KeyCode::Char('h') | KeyCode::Left => Action::FocusOn(Focus::Sessions),
        KeyCode::Char('l') | KeyCode::Right => Action::FocusOn(Focus::Events),
        KeyCode::Char('J') => Action::Session(1),
        KeyCode::Char('K') => Action::Session(-1),
        KeyCode::Char('n') => Action::NextNeedy,
        KeyCode::Char('a') => Action::AllSessions,
        KeyCode::Char('v') => Action::View,
        KeyCode::Char('f') => Action::FailedOnly,
        KeyCode::Char('t') => Action::Timeline,
        KeyCode::Char('q') => Action::Quit,
        _ => return None,
    })
}
