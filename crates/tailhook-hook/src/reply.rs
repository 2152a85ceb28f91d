//! What each agent wants to hear on standard output from a hook that only listens.
//!
//! Sources: measured on the real Claude Code, Codex CLI and Gemini CLI (empty is right for all their events); the
//! documents of Cursor and Cline for theirs.

/// The reply for an agent; empty for one we do not know, because text may end up in a model's context.
pub(crate) fn reply(agent: &[u8]) -> &'static [u8] {
    // What stands behind a `+` says which events are registered, not who wants to hear of them.
    match agent.split(|byte| *byte == b'+').next().unwrap_or_default() {
        b"cursor" => b"{}\n",
        b"cline" => b"{\"cancel\":false}\n",
        _ => b"",
    }
}
