use super::*;

const MULTI: &str = include_str!("../../../fixtures/transcripts/gemini-cli/multi.jsonl");
const SUBAGENT: &str = include_str!("../../../fixtures/transcripts/gemini-cli/subagent.jsonl");

fn of(agent_id: &str) -> Source {
    Source { format: Format::GeminiCli, ..source(agent_id, None) }
}

#[test]
fn an_answer_that_is_written_again_counts_once() {
    let taken = read(MULTI, &of(""));
    let ids = distinct(taken.answers.iter().map(|answer| &*answer.id));
    assert_eq!((ids, MULTI.matches(r#""type":"gemini""#).count()), (13, 25));
    let answer = &taken.answers[0];
    assert_eq!((answer.tokens.input, answer.tokens.output, &*answer.model), (100, 20, "gemini-2.5-flash"));
    let cost = PriceTable::default().cost(answer).unwrap();
    assert!((cost - (100.0 * 0.3 + 20.0 * 2.5) / 1e6).abs() < 1e-12, "{cost}");
}

#[test]
fn the_conversation_is_what_was_said_and_called() {
    let taken = read(MULTI, &of(""));
    let said = said(&taken);
    assert_eq!(said[0], (Role::User, "[[scenario:multi]] go"), "without what the client tells of the folder");
    assert_eq!(said[1], (Role::Assistant, "Starting."));
    assert_eq!(said[2], (Role::Assistant, "All done.\n\nLine two of the final message \u{1f389}."));
    assert_eq!(said.len(), 3, "what tools answered is nobody's message");
    let called = called(&taken);
    assert_eq!(called[0], "run_shell_command__call_e6f8157a70f8");
    assert_eq!((called.len(), distinct(called.iter().copied())), (15, 15));
    assert_eq!(distinct(taken.messages.iter().map(|message| &*message.key)), taken.messages.len());
    for message in taken.messages.iter().filter(|message| message.role == Role::Assistant) {
        assert!(taken.answers.iter().any(|answer| Some(&answer.id) == message.answer_id.as_ref()), "{message:?}");
    }
}

#[test]
fn a_subagents_file_is_read_like_its_sessions() {
    let taken = read(SUBAGENT, &of("3713784e-089f-4b6b-915a-43652365ce6a"));
    assert_eq!(said(&taken)[0], (Role::User, "[[scenario:looking]] look around"));
    assert_eq!(distinct(taken.answers.iter().map(|answer| &*answer.id)), 4);
    assert_eq!(called(&taken).len(), 2);
}

#[test]
fn thoughts_are_paid_like_output_and_not_said() {
    let line = r#"{"id":"a","timestamp":"2026-11-28T19:36:57.934Z","type":"gemini","model":"gemini-2.5-pro",
        "content":[{"text":"hm","thought":true},{"text":"Yes."},{"functionCall":{"name":"glob"}}],
        "tokens":{"input":1000,"output":10,"cached":600,"thoughts":5,"tool":7,"total":1022}}"#;
    let taken = read(&line.replace('\n', ""), &of(""));
    assert_eq!(said(&taken), [(Role::Assistant, "Yes.")]);
    let tokens = taken.answers[0].tokens;
    assert_eq!((tokens.input, tokens.cache_read, tokens.output), (407, 600, 15));
}

#[test]
fn a_message_that_is_known_is_not_told_again() {
    // The text comes first, the calls when they have ended; both lines may be read at once or apart.
    let first = r#"{"id":"a","type":"gemini","content":"Look.","model":"m"}"#;
    let again = r#"{"id":"a","type":"gemini","content":"Look.","model":"m","toolCalls":[{"id":"c1"},{"id":"c2"}]}"#;
    let keys = |text: &str| -> Vec<String> { read(text, &of("")).messages.into_iter().map(|m| m.key).collect() };
    assert_eq!(keys(&format!("{first}\n{again}\n{again}")), ["a", "a/c1", "a/c2"]);
    assert_eq!(keys(again), ["a", "a/c1", "a/c2"], "what is read apart has the same keys");
}
