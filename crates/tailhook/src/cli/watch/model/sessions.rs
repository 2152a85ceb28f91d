//! Sessions, those that need somebody first.

use std::cmp::Reverse;
use std::collections::HashMap;

use tailhook_core::agents::is_own;
use tailhook_core::{Session as SessionRow, State};

use crate::cli::text::{micros, one_line, short_id};

/// How a session is shown: its state, with a failure taking the place of a finished turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Permission,
    Failed,
    TurnDone,
    Working,
    Starting,
    Compacting,
    Unclear,
    Ended,
}

/// Groups of the list, in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Rank {
    NeedsYou,
    YourTurn,
    Working,
    Unclear,
    Ended,
}

impl Rank {
    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::NeedsYou => "Needs you",
            Self::YourTurn => "Your turn",
            Self::Working => "Working",
            Self::Unclear => "Unclear",
            Self::Ended => "Ended",
        }
    }
}

impl Look {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Permission => "Permission",
            Self::Failed => "Failed",
            Self::TurnDone => "Turn done",
            Self::Working => "Working",
            Self::Starting => "Starting",
            Self::Compacting => "Compacting",
            Self::Unclear => "Unclear",
            Self::Ended => "Ended",
        }
    }

    pub(crate) fn rank(self) -> Rank {
        match self {
            Self::Permission | Self::Failed => Rank::NeedsYou,
            Self::TurnDone => Rank::YourTurn,
            Self::Working | Self::Starting | Self::Compacting => Rank::Working,
            Self::Unclear => Rank::Unclear,
            Self::Ended => Rank::Ended,
        }
    }

    fn of(row: &SessionRow) -> Self {
        match row.state {
            // An ended session that failed needs nobody any more, and one that works again is past its failure.
            State::WaitingUser | State::Unknown if row.failed => Self::Failed,
            State::WaitingPermission => Self::Permission,
            State::WaitingUser => Self::TurnDone,
            State::Working => Self::Working,
            State::Starting => Self::Starting,
            State::Compacting => Self::Compacting,
            State::Unknown => Self::Unclear,
            State::Ended => Self::Ended,
        }
    }
}

/// One session, ready to be shown.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) look: Look,
    /// The project, with the start of the id where another session has the same.
    pub(crate) tag: String,
    name: String,
    pub(crate) title: String,
    /// What it does or waits for.
    pub(crate) detail: String,
    pub(crate) agent: String,
    /// Since when it has been in this state.
    pub(crate) since_us: i64,
    last_us: i64,
    first_seq: u64,
    last_seq: u64,
    pub(crate) tools: u64,
    pub(crate) failures: u64,
    pub(crate) turns: u64,
}

impl Session {
    fn new(row: SessionRow) -> Self {
        let look = Look::of(&row);
        let detail = match row.state {
            State::Working => row.current.or(row.state_detail),
            _ => row.state_detail.or(row.current),
        };
        let name = row.project.filter(|name| !name.is_empty()).unwrap_or_else(|| short_id(&row.session_id));
        let name = if name.is_empty() { "no session".into() } else { one_line(&name) };
        Self {
            look,
            tag: name.clone(),
            name,
            title: one_line(&row.title.unwrap_or_default()),
            detail: one_line(&detail.unwrap_or_default()),
            agent: one_line(&row.agent),
            since_us: micros(&row.state_since),
            last_us: micros(&row.last_at),
            first_seq: row.first_seq,
            last_seq: row.last_seq,
            tools: row.tools,
            failures: row.failures,
            turns: row.turns,
            id: row.session_id,
        }
    }

    /// Whoever waits longest comes first; working ones keep their place; ended ones newest first.
    fn place(&self) -> impl Ord + use<> {
        let rank = self.look.rank();
        let order = match rank {
            Rank::NeedsYou | Rank::YourTurn => self.since_us,
            Rank::Working => -self.first_seq.cast_signed(),
            Rank::Unclear | Rank::Ended => -self.last_us,
        };
        // A question can be answered at once, a failure has to be looked into.
        (rank, self.look == Look::Failed, order, Reverse(self.first_seq))
    }
}

/// All sessions that are known.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    by_id: HashMap<String, Session>,
    order: Vec<String>,
    stale: bool,
    several_agents: bool,
    /// The filter is about one agent: then its sessions are all that is listed.
    only: Option<String>,
    /// Tailhook's own proofs are listed as well.
    with_own: bool,
}

impl Sessions {
    /// Newer news of a session wins, whichever way it came.
    pub(crate) fn apply(&mut self, rows: impl IntoIterator<Item = SessionRow>) {
        for row in rows {
            if self.by_id.get(&row.session_id).is_none_or(|known| known.last_seq <= row.last_seq) {
                self.by_id.insert(row.session_id.clone(), Session::new(row));
                self.stale = true;
            }
        }
    }

    /// What another daemon knows takes the place of all that was known.
    pub(crate) fn replace(&mut self, rows: Vec<SessionRow>) {
        self.by_id.clear();
        self.stale = true;
        self.apply(rows);
    }

    /// Lists the sessions of one agent, if there are any, or all again; our own only if they are asked for.
    pub(crate) fn only(&mut self, agent: Option<&str>, with_own: bool) {
        self.stale |= self.only.as_deref() != agent || self.with_own != with_own;
        self.only = agent.map(str::to_owned);
        self.with_own = with_own;
    }

    /// Whether more than one agent has sessions, listed or not.
    pub(crate) fn several_agents(&self) -> bool {
        self.several_agents
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Session> {
        self.by_id.get(id)
    }

    pub(crate) fn len(&self) -> usize {
        self.order.len()
    }

    /// In the order of the list, as of the last [`Self::settle`].
    pub(crate) fn all(&self) -> impl Iterator<Item = &Session> {
        self.order.iter().filter_map(|id| self.by_id.get(id))
    }

    pub(crate) fn at(&self, place: usize) -> Option<&Session> {
        self.order.get(place).and_then(|id| self.by_id.get(id))
    }

    pub(crate) fn place_of(&self, id: &str) -> Option<usize> {
        self.order.iter().position(|known| known == id)
    }

    /// How many stand in a group.
    pub(crate) fn count(&self, rank: Rank) -> usize {
        self.all().filter(|session| session.look.rank() == rank).count()
    }

    /// Brings names and order up to date: once for a picture, however much has changed since the last.
    pub(crate) fn settle(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        let with_own = self.with_own;
        let shown = |session: &&Session| with_own || !is_own(&session.agent);
        let mut names: HashMap<&str, u32> = HashMap::new();
        for session in self.by_id.values().filter(shown) {
            *names.entry(&session.name).or_default() += 1;
        }
        let alike: Vec<String> =
            self.by_id.values().filter(shown).filter(|s| names[s.name.as_str()] > 1).map(|s| s.id.clone()).collect();
        for session in self.by_id.values_mut() {
            session.tag.clone_from(&session.name);
        }
        for id in alike {
            if let Some(session) = self.by_id.get_mut(&id) {
                let short: String = short_id(&id).chars().take(4).collect();
                session.tag = format!("{} {short}", session.name);
            }
        }
        let mut agents: Vec<&str> = self.by_id.values().filter(shown).map(|session| session.agent.as_str()).collect();
        agents.sort_unstable();
        agents.dedup();
        self.several_agents = agents.len() > 1;
        let only = self.only.as_deref().filter(|only| agents.iter().any(|agent| agent.eq_ignore_ascii_case(only)));
        let listed = |session: &&Session| only.is_none_or(|only| session.agent.eq_ignore_ascii_case(only));
        self.order = self.by_id.values().filter(shown).filter(listed).map(|session| session.id.clone()).collect();
        self.order.sort_by_cached_key(|id| self.by_id.get(id).map(|session| (session.place(), id.clone())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn session(id: &str, state: State, since: &str, failed: bool) -> SessionRow {
        SessionRow {
            session_id: id.into(),
            project: Some(if id.starts_with('p') { "parser" } else { id }.into()),
            state,
            state_since: format!("2026-11-22T02:{since}:00Z"),
            failed,
            ..SessionRow::default()
        }
    }

    #[test]
    fn those_that_need_somebody_come_first_and_who_waits_longest_before_them() {
        let mut sessions = Sessions::default();
        sessions.apply([
            session("ended", State::Ended, "01", true),
            session("works", State::Working, "02", true),
            session("done", State::WaitingUser, "00", false),
            session("failed", State::WaitingUser, "00", true),
            session("asks-late", State::WaitingPermission, "09", false),
            session("asks", State::WaitingPermission, "03", false),
        ]);
        sessions.settle();
        let order: Vec<_> = sessions.all().map(|session| session.id.as_str()).collect();
        assert_eq!(order, ["asks", "asks-late", "failed", "done", "works", "ended"]);
        assert_eq!(sessions.count(Rank::NeedsYou), 3);
    }

    #[test]
    fn sessions_of_one_project_are_told_apart() {
        let mut sessions = Sessions::default();
        sessions.apply([session("p111", State::Working, "00", false), session("q", State::Working, "00", false)]);
        sessions.settle();
        assert_eq!(sessions.get("p111").expect("known").tag, "parser");
        sessions.apply([session("p222", State::Working, "00", false)]);
        sessions.settle();
        assert_eq!(sessions.get("p111").expect("known").tag, "parser p111");
        assert_eq!(sessions.get("q").expect("known").tag, "q");
    }

    #[test]
    fn proofs_of_our_own_are_listed_where_they_are_asked_for() {
        let by = |id: &str, agent: &str| SessionRow { agent: agent.into(), ..session(id, State::Unknown, "00", false) };
        let mut sessions = Sessions::default();
        sessions.apply([by("p1", "codex"), by("p2", "tailhook-verify")]);
        sessions.settle();
        assert_eq!((sessions.len(), sessions.several_agents()), (1, false));
        assert_eq!(sessions.get("p1").expect("known").tag, "parser", "nobody else is listed with this name");
        sessions.only(None, true);
        sessions.settle();
        assert_eq!((sessions.len(), sessions.several_agents()), (2, true));
    }

    #[test]
    fn older_news_change_nothing() {
        let mut sessions = Sessions::default();
        sessions.apply([SessionRow { last_seq: 9, ..session("s", State::Ended, "00", false) }]);
        sessions.apply([SessionRow { last_seq: 3, ..session("s", State::Working, "00", false) }]);
        assert_eq!(sessions.get("s").expect("known").look, Look::Ended);
    }
}
