//! Events of tailhook's own agents, which tell of no work: `tail`, `watch` and `status` show them to whoever names them,
//! and to nobody else. Exports and the API hold everything.

use tailhook_core::Expression;
use tailhook_core::agents::OWN_AGENTS;

/// Whether the filter asks for them, or for a session.
pub(super) fn is_named(expression: &str) -> bool {
    Expression::parse(expression).is_ok_and(|expression| expression.names_own())
}

/// The filter, and no events of our own.
pub(super) fn left_out(expression: &str) -> String {
    if expression.trim().is_empty() {
        format!("NOT agent:{OWN_AGENTS}*")
    } else {
        format!("({expression}) AND NOT agent:{OWN_AGENTS}*")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_is_a_filter_still() {
        for expression in ["", " ", "failed", "a OR b", "agent:codex npm"] {
            assert!(!is_named(expression), "{expression}");
            let less = Expression::parse(&left_out(expression)).expect("valid");
            assert!(less.to_string().ends_with("NOT agent:tailhook-*"), "{less}");
        }
        assert!(is_named("agent:tailhook-verify") && is_named("session:s"));
    }
}
