//! The agents that are tailhook itself: `tailhook-verify`, `tailhook-doctor`. Their events prove that the way is open
//! and tell of no work, so whoever looks at what agents do is not shown them unless he asks.

/// How the names of all of them begin.
pub const OWN_AGENTS: &str = "tailhook-";

/// Whether the agent is one of them.
pub fn is_own(agent: &str) -> bool {
    agent.as_bytes().get(..OWN_AGENTS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN_AGENTS.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::is_own;

    #[test]
    fn proofs_are_told_from_agents_and_from_the_daemon() {
        for (agent, own) in [
            ("tailhook-verify", true),
            ("Tailhook-Doctor", true),
            ("tailhook", false),
            ("tailhooks", false),
            ("claude-code", false),
            ("", false),
        ] {
            assert_eq!(is_own(agent), own, "{agent}");
        }
    }
}
