//! Which paths are transcripts.
//!
//! | agent | its session | a subagent |
//! |---|---|---|
//! | Claude Code | `…/projects/PROJECT/SESSION.jsonl` | `…/projects/PROJECT/SESSION/subagents/agent-ID.jsonl` |
//! | Codex CLI | `…/sessions/YEAR/MONTH/DAY/rollout-TIME-SESSION.jsonl` | the same with its own id, on a day of its own |
//! | Gemini CLI | `…/tmp/PROJECT/chats/session-TIME-BEGIN.jsonl`, BEGIN being eight characters of SESSION | `…/chats/SESSION/ID.jsonl` |
//!
//! Whoever can append to the journal can name any path in a payload; only one of these shapes, with the session's own id
//! in it, is looked at.

use std::path::{Component, Path, PathBuf};

use tailhook_core::transcript::Format;

/// Longest id that may be part of a file's name.
const MAX_ID_BYTES: usize = 128;
/// How much of a session's id Gemini CLI puts into the name.
const GEMINI_ID_BYTES: usize = 8;
/// Most files of one session's subagents that are looked for in its folder.
const MAX_LISTED: usize = 64;

/// The main agent's transcript, if the path that an event named is one.
pub(super) fn main(format: Format, path: &str, session_id: &str) -> Option<PathBuf> {
    let path = Path::new(path);
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !plain || !path.is_absolute() || !is_id(session_id) {
        return None;
    }
    let stem = path.file_name()?.to_str()?.strip_suffix(".jsonl")?;
    // The folders above it, nearest first.
    let mut above = path.ancestors().skip(1).map(Path::file_name);
    let mut next = || above.next().flatten().and_then(|name| name.to_str());
    let is_one = match format {
        Format::ClaudeCode => stem == session_id && next().is_some() && next() == Some("projects"),
        Format::Codex => {
            is_rollout(stem, session_id)
                && [2, 2, 4].iter().all(|n| is_number(next(), *n))
                && next() == Some("sessions")
        }
        Format::GeminiCli => {
            is_chat(stem, session_id) && next() == Some("chats") && next().is_some() && next() == Some("tmp")
        }
    };
    is_one.then(|| path.to_owned())
}

/// The transcript of a subagent. `named` is what an event says of it; without that it lies beside that of its session.
pub(super) fn subagent(format: Format, main: &Path, agent_id: &str, named: Option<&str>) -> Option<PathBuf> {
    if !is_id(agent_id) {
        return None;
    }
    match format {
        Format::ClaudeCode => Some(main.with_extension("").join("subagents").join(format!("agent-{agent_id}.jsonl"))),
        Format::Codex => self::main(format, named?, agent_id),
        Format::GeminiCli => None,
    }
}

/// The subagents of a session whose files lie beside its own without any event that tells of them: each with its id.
pub(super) fn untold_subagents(format: Format, main: &Path, session_id: &str) -> Vec<(String, PathBuf)> {
    if format != Format::GeminiCli || !is_id(session_id) {
        return Vec::new();
    }
    let Some(folder) = main.parent().map(|chats| chats.join(session_id)) else { return Vec::new() };
    // Most sessions have none, and no folder.
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let found = entries.take(MAX_LISTED).filter_map(|entry| {
        let path = entry.ok()?.path();
        let id = path.file_name()?.to_str()?.strip_suffix(".jsonl").filter(|id| is_id(id))?.to_owned();
        Some((id, path))
    });
    found.collect()
}

fn is_rollout(stem: &str, id: &str) -> bool {
    let time = stem.strip_prefix("rollout-").and_then(|rest| rest.strip_suffix(id)?.strip_suffix('-'));
    time.is_some_and(is_time)
}

fn is_chat(stem: &str, id: &str) -> bool {
    let begin = id.get(..GEMINI_ID_BYTES);
    let time =
        stem.strip_prefix("session-").zip(begin).and_then(|(rest, begin)| rest.strip_suffix(begin)?.strip_suffix('-'));
    time.is_some_and(is_time)
}

/// e.g. `2026-11-22T04-19-40`, with or without seconds.
fn is_time(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'T'))
}

fn is_number(name: Option<&str>, digits: usize) -> bool {
    name.is_some_and(|name| name.len() == digits && name.bytes().all(|byte| byte.is_ascii_digit()))
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
        let taken = |path: &str| main(Format::ClaudeCode, path, "53793fe4-0001").is_some();
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
        assert!(main(Format::ClaudeCode, "/a/projects/b/...jsonl", "..").is_none());
    }

    #[test]
    fn a_rollout_lies_under_its_day() {
        let taken = |path: &str| main(Format::Codex, path, "01a20177-201a").is_some();
        assert!(taken("/home/dev/.codex/sessions/2026/11/22/rollout-2026-11-22T04-15-14-01a20177-201a.jsonl"));
        for path in [
            "/home/dev/.codex/sessions/2026/11/22/rollout-2026-11-22T04-15-14-01a20177-201b.jsonl",
            "/home/dev/.codex/sessions/2026/11/22/rollout-01a20177-201a.jsonl",
            "/home/dev/.codex/sessions/2026/11/22/rollout-x/y-01a20177-201a.jsonl",
            "/home/dev/.codex/sessions/2026/11/rollout-2026-11-22T04-15-14-01a20177-201a.jsonl",
            "/home/dev/.codex/sessions/2026/11/xx/rollout-2026-11-22T04-15-14-01a20177-201a.jsonl",
            "/home/dev/2026/11/22/rollout-2026-11-22T04-15-14-01a20177-201a.jsonl",
            "/home/dev/.claude/projects/p/01a20177-201a.jsonl",
        ] {
            assert!(!taken(path), "{path}");
        }
    }

    #[test]
    fn a_chat_is_named_after_the_begin_of_its_session() {
        let taken = |path: &str, id: &str| main(Format::GeminiCli, path, id).is_some();
        let chat = "/home/dev/.gemini/tmp/project/chats/session-2026-11-22T04-19-9a961942.jsonl";
        assert!(taken(chat, "9a961942-2a5b-4e8e"));
        assert!(!taken(chat, "9a96194"), "shorter than what stands in the name");
        assert!(!taken(chat, "9b961942-2a5b-4e8e"));
        assert!(!taken(&chat.replace("chats", "cats"), "9a961942-2a5b-4e8e"));
        assert!(!taken(&chat.replace("jsonl", "json"), "9a961942-2a5b-4e8e"));
        assert!(!taken(&chat.replace("/tmp/project", "/tmp"), "9a961942-2a5b-4e8e"));
        assert!(!taken("/home/dev/.gemini/tmp/project/chats/session-ü9a961942.jsonl", "9a961942"));
        assert!(!taken(chat, "9a96194ü-2a5b"));
    }

    #[test]
    fn a_subagent_cannot_lead_elsewhere() {
        let main = Path::new("/h/projects/p/s.jsonl");
        let expect = Path::new("/h/projects/p/s/subagents/agent-a1.jsonl");
        let claude = |id| subagent(Format::ClaudeCode, main, id, Some("/h/projects/p/a1.jsonl"));
        assert_eq!(claude("a1").as_deref(), Some(expect));
        assert_eq!(claude("../../x"), None);
        let rollout = "/h/sessions/2026/11/22/rollout-2026-11-22T04-15-15-a1.jsonl";
        let codex = |id, named| subagent(Format::Codex, main, id, named);
        assert_eq!(codex("a1", Some(rollout)).as_deref(), Some(Path::new(rollout)));
        assert_eq!(codex("a1", None), None);
        assert_eq!(codex("a2", Some(rollout)), None);
    }
}
