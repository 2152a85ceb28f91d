use std::borrow::Cow;

use proptest::prelude::*;

use super::parse;
use crate::event::{Event, Problem, RawEvent};
use crate::redaction::Redaction;

fn raw<'a>(agent: &'a str, hint: &'a str, payload: &'a [u8]) -> RawEvent<'a> {
    RawEvent {
        stamp_ns: 7,
        hook_ns: 12_345,
        pid: 3,
        ppid: 2,
        agent: agent.into(),
        event_hint: hint.into(),
        truncated: false,
        total_bytes: 0,
        stages: None,
        payload: Cow::Borrowed(payload),
    }
}

fn event(agent: &str, payload: &str) -> Event {
    parse(&raw(agent, "", payload.as_bytes()), &Redaction::default())
}

/// The summary of an event with these fields.
fn check(agent: &str, name: &str, fields: &str, expect: &str) -> Event {
    let payload = format!(r#"{{"session_id":"s","cwd":"/p","hook_event_name":"{name}",{fields}}}"#);
    let event = event(agent, &payload);
    assert_eq!(event.data.summary, expect, "{payload}");
    assert_eq!(event.problems, [], "{payload}");
    event
}

#[test]
fn names_of_events_are_short_and_hold_no_controls() {
    let named = |name: &str| {
        let payload = format!(r#"{{"session_id":"s","hook_event_name":"{name}"}}"#);
        event("claude-code", &payload).name.to_string()
    };
    assert_eq!(named(r"Pre\u0007Tool\nUse"), "PreToolUse");
    assert_eq!(named(&"é".repeat(300)), "é".repeat(256));
    assert_eq!(named(&"e".repeat(256)), "e".repeat(256));
    let hinted = |hint: &str| parse(&raw("other", hint, b"{}"), &Redaction::default()).name;
    assert_eq!((hinted("Sto\x1bp\n"), hinted(&"x".repeat(300))), ("Stop".into(), "x".repeat(256).into()));
}

#[test]
fn claude_code_says_what_happened() {
    let check = |name, fields, expect| check("claude-code", name, fields, expect).data;
    check("PreToolUse", r#""tool_name":"Bash","tool_input":{"command":"ls\n -l"}"#, "ls -l");
    check("PostToolUse", r#""tool_name":"Write","tool_input":{"file_path":"/p/a/b"},"tool_response":{}"#, "a/b");
    let data = check("PostToolUseFailure", r#""error":"Exit code 3\noops","is_interrupt":true"#, "Exit code 3 oops");
    assert!(data.failed);
    assert_eq!(data.reason.as_deref(), Some("interrupt"));
    let calls = r#""tool_calls":[{"tool_name":"Bash","tool_use_id":"a"},{"tool_name":"Read","tool_use_id":"b"},
        {"tool_name":"Bash","tool_use_id":"c"}]"#;
    let data = check("PostToolBatch", calls, "Bash ×2, Read");
    assert_eq!(data.tool_use_ids, ["a", "b", "c"]);
    let denied = r#""tool_name":"Bash","tool_input":{"command":"rm x"},"reason":"not\u0020safe""#;
    let data = check("PermissionDenied", denied, "rm x");
    assert_eq!((data.failed, data.reason.as_deref()), (true, Some("not safe")));
}

#[test]
fn claude_code_prompts_of_a_person_and_of_a_task() {
    let check = |fields, expect| check("claude-code", "UserPromptSubmit", fields, expect).data;
    let data = check(r#""prompt":" do  this\nnow","session_title":"mine""#, "do this now");
    assert_eq!((data.reason.as_deref(), data.session_title.as_deref()), (None, Some("mine")));
    let data = check(
        r#""prompt":"<task-notification>\n<task-id>b</task-id>\n<summary>Done \"x\"</summary>\n</task-notification>""#,
        "Done \"x\"",
    );
    assert_eq!(data.reason.as_deref(), Some("task_notification"));
}

#[test]
fn claude_code_turns_and_sessions() {
    let check = |name, fields, expect| check("claude-code", name, fields, expect).data;
    check("Stop", r#""last_assistant_message":"All\ndone""#, "All done");
    let data = check("StopFailure", r#""error":"rate_limit","last_assistant_message":"API Error""#, "API Error");
    assert_eq!((data.failed, data.reason.as_deref()), (true, Some("rate_limit")));
    let data = check("SubagentStop", r#""agent_id":"a","agent_type":"","last_assistant_message":"sum""#, "sum");
    assert_eq!((data.reason.as_deref(), data.agent_type), (Some("compact"), None));
    let data = check("SessionStart", r#""source":"resume","model":"m","transcript_path":"/t""#, "resume");
    assert_eq!(data.transcript_path.as_deref(), Some("/t"));
    assert_eq!(data.agent_pid, Some(2));
    check("SessionEnd", r#""reason":"clear""#, "clear");
    check("Notification", r#""message":"Needs you","notification_type":"permission_prompt""#, "Needs you");
    check("Elicitation", r#""mcp_server_name":"kit","message":"Colour?","mode":"form""#, "kit: Colour?");
    check("InstructionsLoaded", r#""file_path":"/p/CLAUDE.md","load_reason":"session_start""#, "CLAUDE.md");
    check("PreCompact", r#""trigger":"manual","custom_instructions":null"#, "manual");
    check("OfTomorrow", r#""message":"hello","n":1"#, "hello");
}

#[test]
fn codex_differs_where_it_does() {
    let data = check("codex", "PostToolUse", r#""tool_name":"Bash","turn_id":"t","tool_response":"x""#, "").data;
    assert_eq!((data.prompt_id.as_deref(), data.failed), (Some("t"), false));
    let patch = r#""tool_name":"apply_patch","tool_input":{"command":"*** Add File: a\n"}"#;
    let failed = |code: &str| {
        let fields = format!(r#"{patch},"tool_response":"Exit code: {code}\nWall time: 0""#);
        check("codex", "PostToolUse", &fields, "a").data.failed
    };
    assert!(!failed("0"));
    assert!(failed("10"));
    let usage = r#""status":"completed","error":null,"token_usage":{"input_tokens":100,"output_tokens":20}"#;
    assert!(!check("codex", "PostModelRequest", usage, "100 tokens in, 20 out").data.failed);
    assert!(check("codex", "PostModelRequest", r#""status":"failed","error":"400""#, "400").data.failed);
}

#[test]
fn gemini_cli_maps_onto_the_shared_types() {
    let kind = |name, fields, expect| check("gemini", name, fields, expect).kind;
    let call = r#""tool_name":"run_shell_command","tool_input":{"command":"ls"}"#;
    assert_eq!(kind("BeforeTool", call, "ls"), "hook.pre_tool_use");
    let failed = format!(r#"{call},"tool_response":{{"llmContent":"x","error":{{"message":"no file","type":"t"}}}}"#);
    let event = check("gemini", "AfterTool", &failed, "no file");
    assert_eq!((event.kind.as_str(), event.agent.as_str()), ("hook.post_tool_use", "gemini-cli"));
    assert!(event.data.failed);
    let shown = |text: &str| {
        let fields = format!(r#"{call},"tool_response":{{"llmContent":"x","returnDisplay":"{text}"}}"#);
        let data = check("gemini", "AfterTool", &fields, "ls").data;
        (data.failed, data.reason)
    };
    assert_eq!(shown("Command cancelled by user."), (true, Some("interrupt".to_owned())));
    assert_eq!(shown("x Command cancelled by user."), (false, None));
    assert_eq!(kind("BeforeAgent", r#""prompt":"go""#, "go"), "hook.user_prompt");
    assert_eq!(kind("AfterAgent", r#""prompt":"go","prompt_response":"gone""#, "gone"), "hook.stop");
    assert_eq!(kind("BeforeModel", r#""llm_request":{"model":"g-2"}"#, "g-2"), "hook.before_model");
}

#[test]
fn unknown_agents_are_read_as_far_as_they_can_be() {
    let copilot = r#"{"sessionId":"s","toolName":"bash","toolArgs":{"command":"ls"}}"#;
    let event = parse(&raw("copilot", "preToolUse", copilot.as_bytes()), &Redaction::default());
    assert_eq!((event.kind.as_str(), event.session_id.as_str()), ("hook.pre_tool_use", "s"));
    assert_eq!((event.data.tool_name.as_deref(), event.data.summary.as_str()), (Some("bash"), "ls"));
    let cursor = r#"{"conversation_id":"c","hook_event_name":"beforeShellExecution","command":"ls",
        "cursor_version":"1","workspace_roots":["/p"],"user_email":"me@example.com"}"#;
    let event = parse(&raw("claude-code", "", cursor.as_bytes()), &Redaction::off());
    assert_eq!((event.agent.as_str(), event.kind.as_str()), ("cursor", "hook.before_shell_execution"));
    assert_eq!((event.data.cwd.as_deref(), event.data.summary.as_str()), (Some("/p"), "ls"));
    assert!(!String::from_utf8(event.payload).unwrap().contains("me@example.com"));
}

#[test]
fn qwen_code_names_a_call_by_its_own_id() {
    let call = r#"{"session_id":"s","hook_event_name":"PreToolUse","tool_name":"run_shell_command",
        "tool_input":{"command":"ls"},"tool_use_id":"toolu_1","tool_call_id":"call_1"}"#;
    let call = event("qwen-code", call);
    assert_eq!((call.kind.as_str(), call.data.tool_use_id.as_deref()), ("hook.pre_tool_use", Some("call_1")));
    assert_eq!(call.data.summary, "ls");
    let prompt = |text: &str| {
        let payload = format!(r#"{{"session_id":"s","hook_event_name":"UserPromptSubmit","prompt":"{text}"}}"#);
        event("qwen", &payload).kind
    };
    assert_eq!((prompt("go").as_str(), prompt("").as_str()), ("hook.user_prompt", "hook.pre_model_request"));
}

#[test]
fn cline_says_what_it_is_about_in_a_field_of_its_own() {
    let payload = r#"{"clineVersion":"3","hookName":"PostToolUse","taskId":"t","workspaceRoots":["/p"],
        "postToolUse":{"toolName":"execute_command","parameters":{"command":"ls"},"success":false,"executionTimeMs":7}}"#;
    let call = event("cline", payload);
    assert_eq!(
        (call.kind.as_str(), call.session_id.as_str(), call.agent.as_str()),
        ("hook.post_tool_use", "t", "cline")
    );
    assert_eq!((call.data.tool_name.as_deref(), call.data.summary.as_str()), (Some("execute_command"), "ls"));
    assert_eq!((call.data.cwd.as_deref(), call.data.duration_ms, call.data.failed), (Some("/p"), Some(7), true));
    let ended = |error: &str| {
        let call = format!(
            r#"{{"hookName":"tool_result","taskId":"t","tool_result":{{"id":"c","name":"run_commands",
            "output":[{{"result":"","error":"{error}","success":false}}]}}}}"#
        );
        let data = event("cline", &call).data;
        (data.failed, data.reason)
    };
    assert_eq!(ended("Command failed: Command was aborted"), (true, Some("interrupt".to_owned())));
    assert_eq!(ended("Command failed: 3"), (true, None));
    let start = r#"{"hookName":"TaskStart","taskId":"t","taskStart":{"taskMetadata":{"initialTask":"mend it"}}}"#;
    let start = event("cline", start);
    assert_eq!((start.kind.as_str(), start.data.summary.as_str()), ("hook.session_start", "mend it"));
    let prompt = event("cline", r#"{"hookName":"UserPromptSubmit","taskId":"t","userPromptSubmit":{"prompt":"go"}}"#);
    assert_eq!((prompt.kind.as_str(), prompt.data.summary.as_str()), ("hook.user_prompt", "go"));
}

#[test]
fn opencode_events_have_our_types() {
    let say = |name: &str, more: &str| {
        event("opencode", &format!(r#"{{"hook_event_name":"{name}","session_id":"s","cwd":"/p"{more}}}"#))
    };
    let call = r#","tool_name":"edit","tool_use_id":"c","tool_input":{"filePath":"/p/a.rs"}"#;
    let begin = say("tool.execute.before", call);
    assert_eq!((begin.kind.as_str(), begin.data.tool_use_id.as_deref()), ("hook.pre_tool_use", Some("c")));
    assert_eq!(begin.data.summary, "a.rs");
    let end = say("tool.execute.after", &format!(r#"{call},"tool_response":{{"metadata":{{"exit":3}}}}"#));
    assert!(end.data.failed && end.kind == "hook.post_tool_use");
    let output = |output: &str| {
        let response = format!(r#"{call},"tool_response":{{"output":"{output}","metadata":{{"exit":null}}}}"#);
        let data = say("tool.execute.after", &response).data;
        (data.failed, data.reason)
    };
    let aborted = r"x\n\n<shell_metadata>\nUser aborted the command\n</shell_metadata>";
    assert_eq!(output(aborted), (true, Some("interrupt".to_owned())));
    assert_eq!(output(&format!("{aborted} ")), (false, None), "a command may print the same");
    assert_eq!(say("session.created", r#","title":"New""#).kind, "hook.session_start");
    assert_eq!(say("session.idle", "").kind, "hook.stop");
    let error = say("session.error", r#","error":{"name":"APIError","data":{"message":"no"}}"#);
    assert_eq!(
        (error.kind.as_str(), error.data.summary.as_str(), error.data.failed),
        ("hook.stop_failure", "no", true)
    );
    let aborted = say("session.error", r#","error":{"name":"MessageAbortedError","data":{"message":"Aborted"}}"#);
    assert_eq!((aborted.kind.as_str(), aborted.data.failed), ("hook.interrupt", false));
    assert_eq!(say("chat.message", r#","prompt":"go""#).data.summary, "go");
    assert_eq!(say("lsp.updated", "").kind, "hook.lsp.updated");
}

#[test]
fn agents_from_documents_are_read_by_the_names_they_document() {
    let check = |agent: &str, payload: &str, kind: &str, summary: &str| {
        let event = event(agent, payload);
        assert_eq!((event.kind.as_str(), event.data.summary.as_str(), event.session_id.as_str()), (kind, summary, "s"));
        assert_eq!(event.problems, [], "{payload}");
        event
    };
    let copilot = r#"{"hook_event_name":"PostToolUseFailure","session_id":"s","cwd":"/p","tool_name":"Bash",
        "tool_input":{"command":"false"},"error":"exit 1"}"#;
    assert!(check("copilot", copilot, "hook.post_tool_use_failure", "exit 1").data.failed);
    let error = r#"{"hook_event_name":"ErrorOccurred","session_id":"s","error":{"message":"no model","name":"E"},
        "error_context":"model_call"}"#;
    assert!(event("copilot", error).data.failed);
    let droid = r#"{"hook_event_name":"PreToolUse","session_id":"s","cwd":"/p","permission_mode":"auto-low",
        "tool_name":"Execute","tool_input":{"command":"ls","riskLevel":"low"}}"#;
    check("droid", droid, "hook.pre_tool_use", "ls");
    let cursor = r#"{"hook_event_name":"subagentStop","conversation_id":"s","generation_id":"g","cursor_version":"2",
        "workspace_roots":["/p"],"subagent_id":"a1","subagent_type":"explore","status":"completed"}"#;
    let stop = check("cursor", cursor, "hook.subagent_stop", "");
    assert_eq!((stop.data.agent_id.as_deref(), stop.data.agent_type.as_deref()), (Some("a1"), Some("explore")));
    assert_eq!(stop.data.prompt_id.as_deref(), Some("g"));
}

#[test]
fn published_events_keep_their_type() {
    let payload = r#"{"type":"session.start","data":{"message":"hi","cwd":"/p"},"session_id":"x"}"#;
    let published = event("external", payload);
    assert_eq!((published.kind.as_str(), published.session_id.as_str()), ("session.start", "x"));
    assert_eq!((published.data.summary.as_str(), published.data.cwd.as_deref()), ("hi", Some("/p")));
    let odd = event("external", r#"{"hook_event_name":"Stop"}"#);
    assert_eq!(odd.kind, "hook.stop");
}

#[test]
fn odd_payloads_are_kept_and_named() {
    let check = |payload: &[u8], expect: &[Problem]| {
        let event = parse(&raw("claude-code", "", payload), &Redaction::default());
        assert_eq!(event.problems, expect, "{payload:?}");
        assert_eq!(event.data.problems, expect);
        assert_eq!(event.payload, payload);
    };
    let nameless = [Problem::NoEventName, Problem::NoSession];
    check(b"", &[&[Problem::Empty][..], &nameless].concat());
    check(b" \n", &[&[Problem::Empty][..], &nameless].concat());
    check(b"hello", &[&[Problem::NotJson][..], &nameless].concat());
    check(b"[1]", &[&[Problem::NotJson][..], &nameless].concat());
    check(b"{}", &nameless);
    check(b"{\"session_id\":\"s\",\"hook_event_name\":\"Stop\",\"x\":\"\xff\"}", &[Problem::NotUtf8]);
    check(b"{\"session_id\":\"s\",\"hook_event_name\":\"Stop\"} x", &[Problem::NotJson]);
}

#[test]
fn the_name_may_come_as_an_argument_and_a_cut_payload_is_read_to_the_cut() {
    let mut cut = raw("claude-code", "PreToolUse", br#"{"session_id":"s","tool_name":"Bash","tool_input":{"comm"#);
    cut.truncated = true;
    let event = parse(&cut, &Redaction::default());
    assert_eq!((event.kind.as_str(), event.session_id.as_str()), ("hook.pre_tool_use", "s"));
    assert_eq!(event.data.tool_name.as_deref(), Some("Bash"));
    assert_eq!(event.problems, [Problem::NotJson, Problem::Truncated]);
    assert_eq!((event.data.hook_us, event.data.bytes, event.data.truncated), (12, 56, true));
}

#[test]
fn a_summary_holds_no_secret() {
    let payload = r#"{"session_id":"s","hook_event_name":"PreToolUse","tool_name":"Bash",
        "tool_input":{"command":"API_KEY=hunter2 curl https://u:pw@h"}}"#;
    let event = event("claude-code", payload);
    assert_eq!(event.data.summary, "API_KEY=[redacted:secret] curl https://u:[redacted:url_password]@h");
    assert_eq!(event.data.redacted, 2);
}

fn agents() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "claude-code",
        "codex",
        "gemini-cli",
        "qwen-code",
        "opencode",
        "cline",
        "external",
        "cursor",
        "",
        "other",
    ])
}

/// Objects with the fields that are looked for, each with a value of any type.
fn any_fields() -> impl Strategy<Value = String> {
    let names = prop::sample::select(vec![
        "session_id",
        "hook_event_name",
        "tool_name",
        "tool_input",
        "tool_calls",
        "tool_response",
        "prompt",
        "error",
        "agent_type",
        "type",
        "data",
        "details",
        "llm_request",
        "duration_ms",
        "cwd",
        "reason",
        "toolArgs",
        "todos",
        "hookName",
        "preToolUse",
        "tool_call_id",
    ]);
    let values = prop::sample::select(vec![
        "null",
        "1",
        "-1.5e9",
        "true",
        "[]",
        "{}",
        "\"\"",
        "\"Bash\"",
        "\"PreToolUse\"",
        "\"PostToolBatch\"",
        "[[1],{}]",
        "[{\"tool_name\":1}]",
        "{\"command\":[1,\"a\"]}",
        "\"\\ud800\"",
        "\"AfterTool\"",
        "{\"error\":{}}",
        "\"<task-notification>\"",
    ]);
    prop::collection::vec((names, values), 0..8).prop_map(|fields| {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
        format!("{{{}}}", fields.join(","))
    })
}

proptest! {
    #[test]
    fn no_bytes_are_too_odd(agent in agents(), hint in ".{0,8}", payload in prop::collection::vec(any::<u8>(), 0..200)) {
        let event = parse(&raw(agent, &hint, &payload), &Redaction::default());
        prop_assert!(event.data.summary.chars().count() <= super::MAX_SUMMARY_CHARS);
    }

    #[test]
    fn no_fields_are_too_odd(agent in agents(), payload in any_fields()) {
        let event = parse(&raw(agent, "", payload.as_bytes()), &Redaction::default());
        prop_assert!(!event.problems.contains(&Problem::NotJson));
        prop_assert!(!event.kind.is_empty());
    }
}
