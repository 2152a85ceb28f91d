//! Which paths are transcripts.
//!
//! The main agent of Claude Code writes `…/projects/PROJECT/SESSION.jsonl`, its subagents
//! `…/projects/PROJECT/SESSION/subagents/agent-ID.jsonl`. Whoever can append to the journal can name any path in a
//! payload; only one of this shape, with the session's own id in it, is looked at.

use std::path::{Component, Path, PathBuf};

/// Longest id that may be part of a file's name.
const MAX_ID_BYTES: usize = 128;

/// The main agent's transcript, if the path that an event named is one.
pub(super) fn main(path: &str, session_id: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let named = path.file_name()?.to_str()?.strip_suffix(".jsonl")? == session_id && is_id(session_id);
    let projects = path.parent()?.parent()?.file_name()? == "projects";
    (path.is_absolute() && plain && named && projects).then(|| path.to_owned())
}

/// The transcript of a subagent, beside that of its session.
pub(super) fn subagent(main: &Path, agent_id: &str) -> Option<PathBuf> {
    is_id(agent_id).then(|| main.with_extension("").join("subagents").join(format!("agent-{agent_id}.jsonl")))
}

fn is_id(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !id.is_empty() && id.len() <= MAX_ID_BYTES && id.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_agents_own_files_are_transcripts() {
        let taken = |path: &str| main(path, "53793fe4-0001").is_some();
        assert!(taken("/home/dev/.claude/projects/-home-dev-code/53793fe4-0001.jsonl"));
        for path in [
            "/home/dev/.claude/projects/-home-dev-code/other.jsonl",
            "/home/dev/.claude/53793fe4-0001.jsonl",
            "/home/dev/x/projects/p/../53793fe4-0001.jsonl",
            "projects/p/53793fe4-0001.jsonl",
            "/projects/p/53793fe4-0001.json",
            "/etc/passwd",
            "",
        ] {
            assert!(!taken(path), "{path}");
        }
        assert!(main("/a/projects/b/...jsonl", "..").is_none());
    }

    #[test]
    fn a_subagent_cannot_lead_elsewhere() {
        let main = Path::new("/h/projects/p/s.jsonl");
        let expect = Path::new("/h/projects/p/s/subagents/agent-a1.jsonl");
        assert_eq!(subagent(main, "a1").as_deref(), Some(expect));
        assert_eq!(subagent(main, "../../x"), None);
    }
}
