//! What the picture shows, as data: fed by [`News`] and [`Action`]s, drawn by the view. Knows no terminal, no clock and
//! no daemon; what it wants of them it hands back as [`Wish`]es.

mod about;
mod detail;
mod feed;
mod kind;
mod latency;
mod row;
mod sessions;
mod span;
#[cfg(test)]
pub(super) mod testing;
#[cfg(test)]
mod tests;
mod timeline;

use jiff::tz::TimeZone;
use tailhook_core::Expression;

use super::keys::Action;
use super::news::{Connection, News, Scope, Stats};
pub(super) use detail::{Detail, Line, Tone};
pub(super) use feed::{Feed, View};
pub(super) use kind::{Mark, Phase};
use latency::Latency;
pub(super) use row::Row;
pub(super) use sessions::{Look, Rank, Session, Sessions};
pub(super) use span::Outcome;
pub(super) use timeline::{Timeline, lay_out};

/// Between two looks at the daemon's numbers, and only because something happened.
const STATS_US: i64 = 10_000_000;

/// Keys that are kept for a list that is still to come: one held down while the daemon is away is no list of wishes.
const MAX_AWAITED: usize = 50;

/// What the keys move in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Focus {
    #[default]
    Events,
    Sessions,
}

/// What only somebody else can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wish {
    /// Show another scope.
    Scope(Scope),
    /// Events of this scope before this one.
    Older { scope: Scope, before: u64 },
    /// One event with its payload.
    Event(u64),
    /// The daemon's numbers.
    Stats,
    /// Put the program aside.
    Suspend,
    /// Draw everything again.
    Redraw,
    /// End.
    Quit,
}

/// Rows and columns that the view has for each part.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Room {
    pub(super) events: usize,
    pub(super) sessions: usize,
    pub(super) detail: usize,
}

/// Everything that is shown.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) zone: TimeZone,
    /// This program's version, to compare with the daemon's.
    pub(super) version: &'static str,
    pub(super) now_us: i64,
    pub(super) sessions: Sessions,
    pub(super) feed: Feed,
    pub(super) scope: Scope,
    /// The daemon has not answered for this scope yet.
    pub(super) loading: bool,
    /// What the keys asked of the list that is being loaded: a hand that knows them is faster than any daemon.
    awaited: Vec<Action>,
    pub(super) focus: Focus,
    pub(super) detail: Option<Detail>,
    /// The filter as it is being typed.
    pub(super) typing: Option<String>,
    /// Why the filter is refused.
    pub(super) refused: Option<String>,
    pub(super) help: bool,
    pub(super) timeline: bool,
    pub(super) connection: Connection,
    pub(super) stats: Option<Stats>,
    pub(super) latency: Latency,
    pub(super) room: Room,
    stats_at_us: i64,
}

impl Model {
    pub(super) fn new(scope: Scope, zone: TimeZone, version: &'static str) -> Self {
        let mut sessions = Sessions::default();
        sessions.only(about::agent(&scope.query), scope.names_own());
        Self {
            zone,
            version,
            now_us: 0,
            sessions,
            feed: Feed::default(),
            scope,
            loading: true,
            awaited: Vec::new(),
            focus: Focus::default(),
            detail: None,
            typing: None,
            refused: None,
            help: false,
            timeline: true,
            connection: Connection::default(),
            stats: None,
            latency: Latency::default(),
            room: Room::default(),
            stats_at_us: i64::MIN,
        }
    }

    /// Takes in what happened.
    pub(super) fn hear(&mut self, news: News, now_us: i64) -> Vec<Wish> {
        self.now_us = self.now_us.max(now_us);
        let rows = |events: &[tailhook_core::Envelope]| events.iter().map(Row::new).collect::<Vec<_>>();
        match news {
            News::Page { turn, events, older } if turn == self.scope.turn => {
                self.feed.replace(rows(&events), older);
                (self.loading, self.refused) = (false, None);
                let awaited = std::mem::take(&mut self.awaited);
                return awaited.into_iter().flat_map(|action| self.act(action)).collect();
            }
            News::Events { turn, events, live } if turn == self.scope.turn => {
                let rows = rows(&events);
                if live {
                    for row in &rows {
                        self.latency.add(now_us - row.at_us);
                    }
                }
                self.feed.append(rows);
                return self.want_stats();
            }
            News::Older { turn, events, older } if turn == self.scope.turn => {
                self.feed.prepend(rows(&events), older);
            }
            News::Refused { turn, why } if turn == self.scope.turn => {
                (self.loading, self.refused) = (false, Some(why));
                self.awaited.clear();
            }
            News::Sessions { sessions, all: true } => self.sessions.replace(sessions),
            News::Sessions { sessions, all: false } => self.sessions.apply(sessions),
            News::Event { seq, answer } => {
                if let Some(detail) = self.detail.as_mut().filter(|detail| detail.seq == seq) {
                    match answer {
                        Ok(envelope) => detail.fill(&envelope),
                        Err(why) => detail.fail(&why),
                    }
                }
            }
            News::Stats(stats) => self.stats = Some(stats),
            News::Connection(connection) => {
                let live = matches!(connection, Connection::Live { .. });
                self.connection = connection;
                if live {
                    return self.want_stats();
                }
            }
            News::Heartbeat | News::Page { .. } | News::Events { .. } | News::Older { .. } | News::Refused { .. } => {}
        }
        Vec::new()
    }

    fn want_stats(&mut self) -> Vec<Wish> {
        if self.now_us.saturating_sub(self.stats_at_us) < STATS_US {
            return Vec::new();
        }
        self.stats_at_us = self.now_us;
        vec![Wish::Stats]
    }

    /// Does what a key asks for.
    pub(super) fn act(&mut self, action: Action) -> Vec<Wish> {
        // Keys come faster than pictures: each finds the list as the one before left it.
        self.sessions.settle();
        self.feed.settle(self.room.events);
        if self.loading && self.is_about_rows(action) {
            if self.awaited.len() < MAX_AWAITED {
                self.awaited.push(action);
            }
            return Vec::new();
        }
        let page = self.room.events.saturating_sub(1).max(1).cast_signed();
        match action {
            Action::Move(steps) => return self.move_by(steps),
            Action::Page(pages) => {
                let half = (self.room.detail / 2).max(1).cast_signed();
                match &mut self.detail {
                    Some(detail) => detail.scroll_by(pages * half),
                    None => return self.move_by(pages * page),
                }
            }
            Action::Open => return self.open(),
            Action::Close => return self.close(),
            Action::ToStart if self.focus == Focus::Sessions => return self.choose(None),
            Action::ToEnd if self.focus == Focus::Sessions => {
                return self.choose(self.sessions.all().last().map(|session| session.id.clone()));
            }
            Action::ToStart => {
                self.feed.go_to_start();
                return self.follow_cursor();
            }
            Action::ToEnd => {
                self.feed.go_to_end();
                return self.follow_cursor();
            }
            Action::Search => self.typing = Some(self.scope.query.clone()),
            Action::Help => self.help = !self.help,
            Action::Focus => {
                self.focus = if self.focus == Focus::Events { Focus::Sessions } else { Focus::Events };
            }
            Action::FocusOn(focus) => self.focus = focus,
            Action::Session(steps) => return self.step_session(steps),
            Action::NextNeedy => return self.next_needy(),
            Action::AllSessions => return self.choose(None),
            Action::Timeline => self.timeline = !self.timeline,
            Action::View => self.feed.turn_view(),
            Action::FailedOnly => self.feed.turn_failed_only(),
            Action::Suspend => return vec![Wish::Suspend],
            Action::Redraw => return vec![Wish::Redraw],
            Action::Quit => return vec![Wish::Quit],
        }
        Vec::new()
    }

    /// It moves among the rows of the list, or opens one of them.
    fn is_about_rows(&self, action: Action) -> bool {
        match action {
            Action::Move(_) | Action::Open | Action::ToStart | Action::ToEnd => self.focus == Focus::Events,
            Action::Page(_) => self.focus == Focus::Events && self.detail.is_none(),
            _ => false,
        }
    }

    /// A letter of the filter, or what ends it.
    pub(super) fn type_text(&mut self, text: &str) {
        if let Some(typed) = &mut self.typing {
            typed.extend(text.chars().filter(|c| !c.is_control()).take(500));
        }
    }

    pub(super) fn erase(&mut self, word: bool) {
        let Some(typed) = &mut self.typing else { return };
        if word {
            let kept = typed.trim_end().rfind(' ').map_or(0, |at| at + 1);
            typed.truncate(kept);
        } else {
            typed.pop();
        }
    }

    /// Takes the typed filter, or leaves the one there was.
    pub(super) fn end_typing(&mut self, take: bool) -> Vec<Wish> {
        self.refused = None;
        if let Some(Err(error)) =
            self.typing.as_deref().filter(|text| take && !text.trim().is_empty()).map(Expression::parse)
        {
            self.refused = Some(error.message);
            return Vec::new();
        }
        match self.typing.take().map(|typed| typed.trim().to_owned()) {
            Some(query) if take && query != self.scope.query => self.turn_to(Scope { query, ..self.scope.clone() }),
            _ => Vec::new(),
        }
    }

    /// Brings order, picture and cursor up to date; once before each drawing. What is still missing comes back.
    pub(super) fn settle(&mut self, room: Room) -> Vec<Wish> {
        self.room = room;
        self.sessions.settle();
        self.feed.settle(room.events);
        if let Some(detail) = &mut self.detail {
            detail.scroll_by(0);
        }
        let older = self.feed.wants_older().map(|before| Wish::Older { scope: self.scope.clone(), before });
        older.into_iter().collect()
    }

    /// The session that is chosen, if one is.
    pub(super) fn chosen(&self) -> Option<&Session> {
        self.scope.session.as_deref().and_then(|id| self.sessions.get(id))
    }

    fn move_by(&mut self, steps: isize) -> Vec<Wish> {
        if self.focus == Focus::Sessions {
            return self.step_session(steps);
        }
        self.feed.move_by(steps);
        self.follow_cursor()
    }

    /// An open detail follows the cursor.
    fn follow_cursor(&mut self) -> Vec<Wish> {
        if self.detail.is_some() { self.show_detail() } else { Vec::new() }
    }

    fn open(&mut self) -> Vec<Wish> {
        if self.focus == Focus::Sessions {
            self.focus = Focus::Events;
            return Vec::new();
        }
        if self.feed.cursor().is_none() {
            self.feed.move_by(-1);
        }
        self.show_detail()
    }

    fn show_detail(&mut self) -> Vec<Wish> {
        let Some(seq) = self.feed.telling_seq() else { return Vec::new() };
        if self.detail.as_ref().is_some_and(|detail| detail.seq == seq) {
            return Vec::new();
        }
        self.detail = Some(Detail::of(seq));
        vec![Wish::Event(seq)]
    }

    /// The innermost thing that is open.
    fn close(&mut self) -> Vec<Wish> {
        self.awaited.clear();
        if self.help {
            self.help = false;
        } else if self.detail.take().is_some() {
        } else if !self.scope.query.is_empty() {
            return self.turn_to(Scope { query: String::new(), ..self.scope.clone() });
        } else if self.scope.session.is_some() {
            return self.choose(None);
        }
        Vec::new()
    }

    /// The list is: all, then the sessions.
    fn step_session(&mut self, steps: isize) -> Vec<Wish> {
        let place =
            self.scope.session.as_deref().and_then(|id| self.sessions.place_of(id)).map_or(0, |place| place + 1);
        let to = place.saturating_add_signed(steps).min(self.sessions.len());
        self.choose(to.checked_sub(1).and_then(|place| self.sessions.at(place)).map(|session| session.id.clone()))
    }

    fn next_needy(&mut self) -> Vec<Wish> {
        let needy: Vec<&Session> = self.sessions.all().filter(|s| s.look.rank() == Rank::NeedsYou).collect();
        let here = needy.iter().position(|session| Some(&session.id) == self.scope.session.as_ref());
        let next = here.map_or(0, |place| (place + 1) % needy.len().max(1));
        let Some(id) = needy.get(next).map(|session| session.id.clone()) else { return Vec::new() };
        self.choose(Some(id))
    }

    fn choose(&mut self, session: Option<String>) -> Vec<Wish> {
        if session == self.scope.session {
            return Vec::new();
        }
        self.turn_to(Scope { session, ..self.scope.clone() })
    }

    /// What is there stays in the picture until the daemon has answered.
    fn turn_to(&mut self, scope: Scope) -> Vec<Wish> {
        self.scope = Scope { turn: self.scope.turn + 1, ..scope };
        self.sessions.only(about::agent(&self.scope.query), self.scope.names_own());
        (self.loading, self.detail, self.refused) = (true, None, None);
        self.awaited.clear();
        vec![Wish::Scope(self.scope.clone())]
    }
}
