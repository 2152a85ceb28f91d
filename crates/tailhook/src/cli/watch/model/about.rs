//! The one agent that a filter is about, if it is about one: then the list of sessions is of that agent as well.

/// The agent's name as it is written in the filter; none where the filter may be about several.
pub(super) fn agent(query: &str) -> Option<&str> {
    let several = |word: &str| matches!(word, "OR" | "NOT") || word.contains(['(', ')', '"']);
    if query.split_whitespace().any(several) {
        return None;
    }
    let mut names = query.split_whitespace().filter_map(|word| word.strip_prefix("agent:"));
    let name = names.next()?;
    (names.next().is_none() && !name.is_empty() && !name.ends_with('*')).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::agent;

    #[test]
    fn an_agent_is_known_where_there_can_be_no_other() {
        for (query, expected) in [
            ("agent:codex", Some("codex")),
            ("failed AND agent:codex npm", Some("codex")),
            ("codex", None),
            ("agent:", None),
            ("agent:co*", None),
            ("NOT agent:codex", None),
            ("agent:codex OR failed", None),
            ("agent:codex agent:droid", None),
            ("(agent:codex)", None),
        ] {
            assert_eq!(agent(query), expected, "{query}");
        }
    }
}
