use super::*;

const MULTI: &str = include_str!("../../../fixtures/transcripts/codex/multi.jsonl");
const SUBAGENT: &str = include_str!("../../../fixtures/transcripts/codex/subagent.jsonl");

fn of(agent_id: &str) -> Source {
    Source { format: Format::Codex, ..source(agent_id, None) }
}

#[test]
fn each_request_counts_once_in_its_turn() {
    let taken = read(MULTI, &of(""));
    assert_eq!(taken.answers.len(), MULTI.matches(r#""type":"token_usage_record""#).count());
    assert_eq!(distinct(taken.answers.iter().map(|answer| &*answer.id)), 11);
    let total = taken.answers.iter().fold((0, 0), |(i, o), answer| (i + answer.tokens.input, o + answer.tokens.output));
    assert_eq!(total, (1_100, 220), "what the client itself sums up at the end");
    assert!(MULTI.contains(r#""thread_token_usage":{"input_tokens":1100,"#));
    let answer = &taken.answers[0];
    assert_eq!((&*answer.model, answer.context_window), ("gpt-5.2-codex", Some(258_400)));
    assert_eq!(answer.prompt_id.as_deref(), Some("01a223a9-09a6-7fe1-9e80-4f32aa3f0747"), "as in the events of hooks");
    let cost = PriceTable::default().cost(answer).unwrap();
    assert!((cost - (100.0 * 1.75 + 20.0 * 14.0) / 1e6).abs() < 1e-12, "{cost}");
}

#[test]
fn a_message_belongs_to_the_answer_that_is_recorded_after_it() {
    let taken = read(MULTI, &of(""));
    let said = said(&taken);
    assert_eq!(said[0], (Role::User, "[[scenario:multi]] go"), "without what the client adds");
    assert_eq!(said[1], (Role::Assistant, "Starting."));
    assert_eq!(said[2], (Role::Assistant, "All done.\n\nLine two of the final message \u{1f389}."));
    assert_eq!(said.len(), 3);
    assert_eq!(called(&taken).len(), MULTI.matches(r#""type":"function_call","#).count());
    assert_eq!(called(&taken)[0], "call_2cd2d296349b468d83cfe62f", "the id in the events of hooks");
    assert_eq!(distinct(taken.messages.iter().map(|message| &*message.key)), taken.messages.len());
    // Text and first call are one answer, three parallel calls are one, and the last text is the last.
    let parts: Vec<_> = taken.messages.iter().filter_map(|message| message.answer_id.as_deref()).collect();
    assert_eq!((parts[0], parts[0]), (parts[1], &*taken.answers[0].id));
    assert_eq!(parts.last(), taken.answers.last().map(|answer| &*answer.id).as_ref());
    assert_eq!(distinct(parts.into_iter()), taken.answers.len());
}

#[test]
fn a_subagent_works_for_a_turn_of_its_session() {
    let taken = read(SUBAGENT, &of("01a223a9-c3b5-71e1-a507-5cfa797cbe35"));
    assert_eq!(said(&taken)[1], (Role::Assistant, "There are N files."));
    assert_eq!(taken.answers.len(), 2);
    for answer in &taken.answers {
        assert_eq!(answer.prompt_id.as_deref(), Some("01a223a9-c1cc-7592-8700-ef17b559b415"), "its parent's turn");
        assert!(answer.id.starts_with("01a223a9-c3e7-7680-b9ae-bdf8fa2f2298/"), "its own turn: {}", answer.id);
    }
}

#[test]
fn what_the_cache_gave_and_took_is_no_fresh_input() {
    let usage = r#""usage":{"input_tokens":1000,"cached_input_tokens":700,"cache_write_input_tokens":100,"output_tokens":50,"reasoning_output_tokens":40}"#;
    let context = r#"{"type":"turn_context","payload":{"turn_id":"t","model":"gpt-5.5"}}"#;
    let lines = format!(
        r#"{context}
{{"type":"token_usage_record","payload":{{"turn_id":"t",{usage}}}}}"#
    );
    let tokens = read(&lines, &of("")).answers[0].tokens;
    assert_eq!((tokens.input, tokens.cache_read, tokens.cache_write, tokens.output), (200, 700, 100, 50));
    assert_eq!(tokens.context(), 1_000);
}

#[test]
fn secrets_leave_a_rollout_too() {
    let line = r#"{"type":"response_item","payload":{"type":"message","id":"m","role":"assistant","content":[{"type":"output_text","text":"ghp_0123456789abcdefghijABCDEFGHIJ012345"}]}}"#;
    let taken = read(line, &of(""));
    assert_eq!(taken.messages[0].text, "[redacted:github_token]");
}
