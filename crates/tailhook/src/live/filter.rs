//! Which events a subscriber, or a query, wants.

use std::sync::Arc;

use tailhook_core::Expression;
use tailhook_core::filter::Subject;

use crate::store::{EventQuery, Stored};

/// Empty lists mean: any. A type may end in `*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) sessions: Vec<String>,
    pub(crate) kinds: Vec<String>,
    pub(crate) agents: Vec<String>,
    /// `q`: what else must hold.
    pub(crate) expression: Arc<Expression>,
}

impl Filter {
    /// From comma-separated lists, as they stand in an address.
    pub(crate) fn new(sessions: Option<&str>, kinds: Option<&str>, agents: Option<&str>) -> Self {
        Self { sessions: list(sessions), kinds: list(kinds), agents: list(agents), ..Self::default() }
    }

    /// Whether everything is wanted.
    pub(crate) fn takes_all(&self) -> bool {
        let any_kind = self.kinds.is_empty() || self.kinds.iter().any(|kind| kind == "*");
        any_kind && self.sessions.is_empty() && self.agents.is_empty() && self.expression.is_empty()
    }

    /// Whether the event is wanted.
    pub(crate) fn takes(&self, stored: &Stored) -> bool {
        let envelope = &stored.envelope;
        self.takes_session(&envelope.session_id, &envelope.agent)
            && (self.kinds.is_empty() || self.kinds.iter().any(|kind| matches(kind, &envelope.kind)))
            && (self.expression.is_empty()
                || self.expression.matches(Subject::new(envelope, stored.stamp_ns, &stored.payload)))
    }

    /// Whether events of this session may be wanted.
    pub(crate) fn takes_session(&self, session_id: &str, agent: &str) -> bool {
        let any = |list: &[String], value: &str| list.is_empty() || list.iter().any(|wanted| wanted == value);
        any(&self.sessions, session_id) && any(&self.agents, agent)
    }

    /// The same for the store.
    pub(crate) fn query(&self, limit: usize) -> EventQuery {
        EventQuery {
            sessions: self.sessions.clone(),
            kinds: self.kinds.clone(),
            agents: self.agents.clone(),
            expression: Arc::clone(&self.expression),
            limit,
            ..EventQuery::default()
        }
    }
}

fn matches(wanted: &str, kind: &str) -> bool {
    wanted.strip_suffix('*').map_or(wanted == kind, |start| kind.starts_with(start))
}

fn list(text: Option<&str>) -> Vec<String> {
    text.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn types_match_whole_or_by_their_start() {
        assert!(matches("hook.stop", "hook.stop"));
        assert!(!matches("hook.stop", "hook.stop_failure"));
        assert!(matches("hook.*", "hook.stop_failure"));
        assert!(matches("*", "anything"));
    }
}
