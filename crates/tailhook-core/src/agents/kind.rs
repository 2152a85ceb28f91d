//! The type of an event: `hook.` and its name in snake case, the same for all agents where they mean the same.

use crate::Name;

pub(crate) const SESSION_START: &str = "hook.session_start";
pub(crate) const SESSION_END: &str = "hook.session_end";
pub(crate) const SETUP: &str = "hook.setup";
pub(crate) const USER_PROMPT: &str = "hook.user_prompt";

/// Longest type, in bytes.
const MAX_KIND_BYTES: usize = 64;

/// e.g. `hook.pre_tool_use` for `PreToolUse`, `preToolUse` and Gemini CLI's `BeforeTool`.
pub(crate) fn of(name: &str) -> Name {
    let shared = match name {
        "PreToolUse" | "preToolUse" | "BeforeTool" => "hook.pre_tool_use",
        "PostToolUse" | "postToolUse" | "AfterTool" => "hook.post_tool_use",
        "PostToolBatch" => "hook.post_tool_batch",
        "MessageDisplay" => "hook.message_display",
        "UserPromptSubmit" | "userPromptSubmit" | "userPromptSubmitted" | "beforeSubmitPrompt" | "BeforeAgent" => {
            USER_PROMPT
        }
        "Stop" | "AfterAgent" | "agentStop" => "hook.stop",
        "SessionStart" => SESSION_START,
        "SessionEnd" => SESSION_END,
        "PreCompact" | "PreCompress" => "hook.pre_compact",
        "" => "hook.unknown",
        _ => return Name::of(&snake_case(name)),
    };
    shared.into()
}

fn snake_case(name: &str) -> String {
    let mut kind = String::with_capacity(name.len() + 12);
    kind.push_str("hook.");
    let start = kind.len();
    let mut characters = name.chars().peekable();
    let mut before = '_';
    while let Some(character) = characters.next() {
        if kind.len() >= MAX_KIND_BYTES {
            break;
        }
        let next_is_lower = characters.peek().is_some_and(char::is_ascii_lowercase);
        if character.is_ascii_uppercase() {
            // A word begins at a capital after a small letter, and at the last capital of an abbreviation.
            if kind.len() > start && before != '_' && (!before.is_ascii_uppercase() || next_is_lower) {
                kind.push('_');
            }
            kind.push(character.to_ascii_lowercase());
            before = character;
        } else if character.is_ascii_alphanumeric() || character == '.' {
            kind.push(character);
            before = character;
        } else if before != '_' {
            kind.push('_');
            before = '_';
        }
    }
    kind.truncate(kind.trim_end_matches('_').len());
    if kind.len() <= start { "hook.unknown".to_owned() } else { kind }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_become_snake_case() {
        for (name, kind) in [
            ("PreToolUse", "hook.pre_tool_use"),
            ("UserPromptSubmit", "hook.user_prompt"),
            ("PostToolUseFailure", "hook.post_tool_use_failure"),
            ("TeammateIdle", "hook.teammate_idle"),
            ("BeforeTool", "hook.pre_tool_use"),
            ("BeforeToolSelection", "hook.before_tool_selection"),
            ("beforeMCPExecution", "hook.before_mcp_execution"),
            ("pre_run_command", "hook.pre_run_command"),
            ("tool.execute.before", "hook.tool.execute.before"),
            ("-a  b-", "hook.a_b"),
            ("é\u{1}", "hook.unknown"),
            ("", "hook.unknown"),
        ] {
            assert_eq!(of(name), kind, "{name}");
        }
    }
}
