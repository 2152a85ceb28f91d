//! What an event type is about: how it is marked and what it is called.

/// A shape that stands for what happened; the view knows what it looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Prompt,
    Start,
    Done,
    Failed,
    Batch,
    Ask,
    Denied,
    Notice,
    Message,
    Stop,
    Agent,
    Task,
    Session,
    End,
    Compact,
    Other,
}

/// Where in a tool call an event stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    None,
    Begin,
    End,
    Batch,
}

/// Mark, name and place of an event type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    pub(crate) mark: Mark,
    pub(crate) label: String,
    pub(crate) phase: Phase,
}

/// Gemini CLI says before and after where Claude Code and Codex say pre and post.
pub(crate) fn kind_of(kind: &str) -> Kind {
    let (mark, label, phase) = match kind.strip_prefix("hook.").unwrap_or(kind) {
        "user_prompt" | "before_agent" => (Mark::Prompt, "Prompt", Phase::None),
        "user_prompt_expansion" => (Mark::Prompt, "Command", Phase::None),
        "pre_tool_use" | "before_tool" => (Mark::Start, "Tool", Phase::Begin),
        "post_tool_use" | "after_tool" => (Mark::Done, "Tool", Phase::End),
        "post_tool_use_failure" => (Mark::Failed, "Tool", Phase::End),
        "post_tool_batch" => (Mark::Batch, "Results", Phase::Batch),
        "permission_request" => (Mark::Ask, "Permission", Phase::None),
        "permission_denied" => (Mark::Denied, "Denied", Phase::End),
        "notification" => (Mark::Notice, "Notice", Phase::None),
        "elicitation" => (Mark::Ask, "Question", Phase::None),
        "elicitation_result" => (Mark::Prompt, "Answer", Phase::None),
        "message_display" => (Mark::Message, "Message", Phase::None),
        "stop" | "after_agent" => (Mark::Stop, "Turn done", Phase::None),
        "stop_failure" => (Mark::Failed, "Turn failed", Phase::None),
        "interrupt" => (Mark::Denied, "Interrupted", Phase::None),
        "subagent_start" => (Mark::Agent, "Agent start", Phase::None),
        "subagent_stop" => (Mark::Agent, "Agent done", Phase::None),
        "teammate_idle" => (Mark::Agent, "Agent idle", Phase::None),
        "task_created" => (Mark::Task, "Task new", Phase::None),
        "task_completed" => (Mark::Done, "Task done", Phase::None),
        "session_start" => (Mark::Session, "Session start", Phase::None),
        "session_end" => (Mark::End, "Session end", Phase::None),
        "setup" => (Mark::Session, "Setup", Phase::None),
        "pre_compact" | "pre_compress" => (Mark::Compact, "Compacting", Phase::None),
        "post_compact" => (Mark::Compact, "Compacted", Phase::None),
        "instructions_loaded" => (Mark::Other, "Instructions", Phase::None),
        "file_changed" => (Mark::Other, "File changed", Phase::None),
        other => return Kind { mark: Mark::Other, label: words(other), phase: Phase::None },
    };
    Kind { mark, label: label.into(), phase }
}

/// Types that end whatever their agent still had running: no later event will.
pub(crate) fn closes(kind: &str) -> bool {
    matches!(
        kind,
        "hook.stop"
            | "hook.stop_failure"
            | "hook.subagent_stop"
            | "hook.after_agent"
            | "hook.interrupt"
            | "hook.user_prompt"
            | "hook.session_end"
    )
}

fn words(kind: &str) -> String {
    let text = crate::cli::text::one_line(&kind.replace(['.', '_'], " "));
    let mut chars = text.chars();
    chars.next().map_or_else(|| "Event".into(), |first| first.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_named_by_its_type() {
        assert_eq!(kind_of("hook.pre_tool_use").phase, Phase::Begin);
        assert_eq!(kind_of("build.finished").label, "Build finished");
        assert_eq!(kind_of("hook.cwd_changed").label, "Cwd changed");
        assert_eq!(kind_of("").label, "Event");
    }
}
