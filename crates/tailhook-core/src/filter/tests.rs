use std::sync::LazyLock;

use proptest::prelude::*;

use super::expression::{Comparison, Node, Pattern, Phrase, Test};
use super::field::{Field, Flag, Number};
use super::*;
use crate::{Event, RawEvent, Redaction, agents};

fn event(agent: &str, payload: &str) -> Event {
    let raw = RawEvent {
        stamp_ns: 1_795_312_800_000_000_000,
        hook_ns: 17_000,
        agent: agent.into(),
        payload: payload.as_bytes().into(),
        ..RawEvent::default()
    };
    agents::parse(&raw, &Redaction::default())
}

static FAILED: LazyLock<Event> = LazyLock::new(|| {
    event(
        "claude-code",
        r#"{"session_id":"S1","cwd":"/home/dev/parser","permission_mode":"acceptEdits","hook_event_name":"PostToolUseFailure",
            "tool_name":"Bash","tool_input":{"command":"cargo test --all"},"tool_use_id":"toolu_1","error":"Exit code 101",
            "duration_ms":2500}"#,
    )
});

fn check(expression: &str, expect: bool) {
    let parsed = Expression::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    assert_eq!(parsed.matches(&*FAILED), expect, "{expression}");
    let again = Expression::parse(&parsed.to_string()).unwrap_or_else(|error| panic!("{parsed}: {error}"));
    assert_eq!(again, parsed, "{expression} is printed as {parsed}");
}

#[test]
fn fields() {
    check("", true);
    check("  ", true);
    check("tool_name:Bash", true);
    check("tool:bash", true);
    check("tool:Ba", false);
    check("tool:Ba*", true);
    check("tool:*", true);
    check("agent_id:*", false);
    check("type:hook.post_* AND failed", true);
    check("failed:true", true);
    check("truncated", false);
    check("session:S1", true);
    check("session:s1", false);
    check("agent:codex", false);
    check("cwd:/home/dev/*", true);
    check("project:parser", true);
    check("project:dev", false);
    check("mode:acceptedits", true);
    check("summary:\"exit code\"", true);
    check("summary:cargo", false);
    check("duration>2s", true);
    check("duration>2500ms", false);
    check("duration>=2500ms", true);
    check("duration:2.5s", true);
    check("duration<1m", true);
    check("hook_us:17", true);
    check("bytes>1M", false);
    check("time>=2026-11-22", true);
    check("time<2026-11-22T02:00:00Z", false);
}

#[test]
fn words_and_their_relations() {
    check("cargo", true);
    check("CARGO-test", true);
    check("\"cargo all\"", false);
    check("car", false);
    check("car*", true);
    check("\"cargo te\"*", true);
    check("toolu_1", false);
    check("cargo npm", false);
    check("cargo OR npm", true);
    check("npm OR cargo failed", true);
    check("(npm OR cargo) agent:codex", false);
    check("NOT npm", true);
    check("NOT NOT cargo", true);
    check("NOT (cargo failed)", false);
    check("NOT agent_id:*", true);
    check("and", false);
    check("a<b", false);
    check("https://example.com", false);
    check("\"failed\"", false);
    check("cargo(npm OR test)", true);
    check("NOT duration>5s AND NOT(npm)", true);
}

fn check_error(text: &str, at: usize, message: &str) {
    let error = Expression::parse(text).expect_err(text);
    assert_eq!((error.at, error.message.as_str()), (at, message), "{text}");
    assert!(!error.hint.is_empty());
}

#[test]
fn errors_say_where() {
    check_error("toolname:Bash", 0, "unknown field \"toolname\"");
    check_error("cargo colour:red", 6, "unknown field \"colour\"");
    check_error("a AND", 5, "something is missing at the end");
    check_error("a OR OR b", 5, "nothing stands before OR");
    check_error("AND a", 0, "nothing stands before AND");
    check_error("NOT", 3, "something is missing at the end");
    check_error("a (b", 2, "this ( is not closed");
    check_error("a) b", 1, "there is nothing that this ) closes");
    check_error("f ()", 2, "nothing stands between ( and )");
    check_error("(a OR )", 6, "something is missing before )");
    check_error("é \"b", 3, "this quote is not closed");
    check_error("x duration>2", 11, "not a value for duration: \"2\"");
    check_error("duration>-2s", 9, "not a value for duration: \"-2s\"");
    check_error("bytes>1*", 6, "not a value for bytes: \"1\"");
    check_error("time>yesterday", 5, "not a value for time: \"yesterday\"");
    check_error("tool_name>Bash", 0, "tool_name has no order, so > says nothing");
    check_error("failed:no", 7, "failed is either there or not");
    check_error("session: S1", 8, "session has no value here");
    check_error("a --- b", 2, "no letters or digits to search for");
}

#[test]
fn size_and_depth_are_bounded() {
    let deep = format!("{}a{}", "(".repeat(32), ")".repeat(32));
    assert!(Expression::parse(&deep).is_ok());
    check_error(&format!("({deep})"), 32, "nested deeper than 32");
    check_error(&format!("{}a", "NOT ".repeat(33)), 128, "nested deeper than 32");
    check_error(&"a ".repeat(129), 256, "more than 128 conditions");
    check_error(&"a".repeat(4097), 4096, "the expression is longer than 4096 bytes");
    check_error(&"(".repeat(4096), 32, "nested deeper than 32");
}

fn node() -> impl Strategy<Value = Node> {
    let fields = prop::sample::select(vec![
        Field::Type,
        Field::Session,
        Field::Agent,
        Field::Event,
        Field::ToolName,
        Field::ToolUseId,
        Field::Cwd,
        Field::Project,
        Field::PermissionMode,
    ]);
    let value = prop_oneof![
        prop::sample::select(vec![
            "Bash",
            "bash",
            "S1",
            "hook.post_",
            "hook.post_tool_use_failure",
            "AND",
            "/home/dev/parser"
        ])
        .prop_map(str::to_owned),
        "\\PC{1,12}",
    ];
    let words = prop_oneof![
        prop::sample::select(vec!["cargo", "test", "exit code", "failed", "code 10", "NOT", "a:b", "\"q\\"])
            .prop_map(str::to_owned),
        "[a-z:<(\"é ]{0,6}[a-z]",
    ];
    let numbers =
        prop::sample::select(vec![Number::Duration, Number::Bytes, Number::HookUs, Number::Time, Number::Redacted]);
    let comparisons = prop::sample::select(vec![
        Comparison::Less,
        Comparison::AtMost,
        Comparison::Equal,
        Comparison::AtLeast,
        Comparison::More,
    ]);
    let amounts = prop_oneof![0..5_000_000_u64, Just(2_500_000), 0..=i64::MAX as u64];
    let leaf = prop_oneof![
        (fields, value, any::<bool>()).prop_map(|(field, value, prefix)| Test::Is(field, Pattern { value, prefix })),
        prop::sample::select(vec![Flag::Failed, Flag::Truncated]).prop_map(Test::Flag),
        (numbers, comparisons, amounts).prop_map(|(number, comparison, than)| Test::Compare(number, comparison, than)),
        (words.clone(), any::<bool>())
            .prop_filter_map("no words", |(text, prefix)| Phrase::new(text, prefix).map(Test::Text)),
        (words, any::<bool>())
            .prop_filter_map("no words", |(text, prefix)| Phrase::new(text, prefix).map(Test::Summary)),
    ]
    .prop_map(Node::Test);
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::all),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Node::any),
            inner.prop_map(|node| Node::Not(Box::new(node))),
        ]
    })
}

/// What an index of the event's words and terms would answer.
fn finds(index: &[&str], candidates: &Candidates) -> bool {
    match candidates {
        Candidates::Everything => true,
        Candidates::Term(term, false) => index.contains(&term.as_str()),
        Candidates::Term(term, true) => index.iter().any(|known| known.starts_with(term)),
        Candidates::All(parts) => parts.iter().all(|part| finds(index, part)),
        Candidates::Any(parts) => parts.iter().any(|part| finds(index, part)),
    }
}

#[test]
fn who_names_tailhook_itself_or_a_session_is_known() {
    for (expression, names) in [
        ("agent:tailhook-verify", true),
        ("failed AND (npm OR agent:Tailhook-*)", true),
        ("agent:tail*", true),
        ("NOT agent:tailhook-doctor", true),
        ("session:S1", true),
        ("", false),
        ("agent:tailhook", false),
        ("agent:*", false),
        ("NOT agent:codex", false),
        ("tailhook-verify", false),
    ] {
        assert_eq!(Expression::parse(expression).expect("valid").names_own(), names, "{expression}");
    }
}

proptest! {
    #[test]
    fn what_is_printed_parses_to_the_same(node in node()) {
        let expression = Expression(node);
        let text = expression.to_string();
        prop_assume!(text.len() <= MAX_EXPRESSION_BYTES);
        prop_assert_eq!(Expression::parse(&text), Ok(expression), "{}", text);
    }

    #[test]
    fn an_index_finds_all_that_matches(node in node()) {
        let expression = Expression(node);
        let text = index_text(&*FAILED);
        let index: Vec<&str> = text.split_ascii_whitespace().collect();
        prop_assert!(!expression.matches(&*FAILED) || finds(&index, &expression.candidates()), "{}", expression);
    }

    #[test]
    fn no_text_does_harm(text in "[a-z():<>=*\"\\\\ ANDORT0-9é\u{0}\u{202e}]{0,200}") {
        match Expression::parse(&text) {
            Ok(expression) => {
                expression.matches(&*FAILED);
                expression.candidates();
                prop_assert_eq!(Expression::parse(&expression.to_string()), Ok(expression));
            }
            Err(error) => prop_assert!(text.is_char_boundary(error.at)),
        }
    }
}
