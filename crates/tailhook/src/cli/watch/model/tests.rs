//! The whole picture, drawn on a terminal that keeps it as text.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde_json::json;

use super::testing::{envelope, session};
use super::*;
use crate::cli::watch::view::{self, Areas, Theme};

const PLAIN: Theme = Theme { colours: false, unicode: true };

/// 02:05 on the day of the events.
fn now() -> i64 {
    crate::cli::text::micros("2026-11-22T02:05:00Z")
}

fn model() -> Model {
    let mut model = Model::new(Scope::default(), TimeZone::UTC, "0.1.0");
    let connection = Connection::Live { version: "0.1.0".into() };
    assert_eq!(model.hear(News::Connection(connection), now()), [Wish::Stats]);
    let mut sessions = vec![
        session("aaaa1111", "shop-api", "working", ""),
        session("bbbb2222", "docs", "waiting_permission", "Bash: rm -r \x1b[2Jtarget"),
        session("cccc3333", "parser", "waiting_user", "all tests pass"),
        session("dddd4444", "parser", "ended", "other"),
    ];
    sessions[0].current = Some("Bash: npm test".into());
    model.hear(News::Sessions { sessions, all: true }, now());
    let events = [
        (1, "session_start", None),
        (2, "user_prompt", None),
        (3, "pre_tool_use", Some("t1")),
        (9, "post_tool_use", Some("t1")),
        (12, "pre_tool_use", Some("t2")),
        (14, "permission_request", Some("t2")),
        (15, "pre_tool_use", Some("t3")),
        (21, "post_tool_use_failure", Some("t3")),
    ];
    let mut events: Vec<_> = events.map(|(seq, kind, id)| envelope(seq, "aaaa1111", kind, id)).into();
    events[3].data.duration_ms = Some(6_000);
    events[7].data.failed = true;
    events[7].data.summary = "日本語 \u{202e}hidden\x07".into();
    events[6].data.agent_id = Some("a1".into());
    events[6].data.agent_type = Some("Explore".into());
    model.hear(News::Page { turn: 0, events, older: None }, now());
    let stats = json!({ "hook_us": { "count": 9, "p50": 17, "p99": 52, "max": 60 }, "delivery_us": { "count": 9, "p50": 94, "p99": 410, "max": 500 } });
    model.hear(News::Stats(serde_json::from_value(stats).expect("stats")), now());
    model.settle(Room::default());
    model
}

/// What is on the screen.
fn screen(model: &mut Model, columns: u16, rows: u16, theme: Theme) -> String {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows)).expect("a terminal");
    terminal
        .draw(|frame| {
            let areas = Areas::of(model, frame.area());
            model.settle(areas.room());
            view::draw(model, &areas, theme, frame.buffer_mut());
        })
        .expect("drawn");
    let text = terminal.backend().to_string();
    assert!(!text.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{text:?}");
    text
}

#[test]
fn all_sessions_at_80x24() {
    insta::assert_snapshot!(screen(&mut model(), 80, 24, PLAIN));
}

#[test]
fn a_session_with_its_timeline() {
    let mut model = model();
    assert!(
        matches!(&model.act(Action::Session(3))[..], [Wish::Scope(scope)] if scope.session.as_deref() == Some("aaaa1111"))
    );
    insta::assert_snapshot!(screen(&mut model, 100, 28, PLAIN));
}

#[test]
fn an_open_event_stands_below_the_list_or_beside_it() {
    let mut model = model();
    model.settle(Room { events: 20, sessions: 20, detail: 0 });
    assert_eq!(model.act(Action::Open), [Wish::Event(21)]);
    let mut answer = serde_json::to_value(envelope(21, "aaaa1111", "post_tool_use_failure", Some("t3"))).expect("JSON");
    answer["payload"] =
        json!({ "tool_name": "Bash", "tool_input": { "command": "npm test" }, "error": "exit 1\n2 tests failed" });
    model.hear(News::Event { seq: 21, answer: Ok(Box::new(answer)) }, now());
    insta::assert_snapshot!("detail_below", screen(&mut model, 80, 24, PLAIN));
    insta::assert_snapshot!("detail_beside", screen(&mut model, 160, 20, PLAIN));
    assert_eq!(model.act(Action::Move(-1)), [Wish::Event(15)], "an open event follows the cursor");
    model.act(Action::Close);
    assert!(model.detail.is_none());
}

#[test]
fn narrow_screens_show_one_thing_at_a_time() {
    let mut model = model();
    insta::assert_snapshot!("narrow_events", screen(&mut model, 40, 12, PLAIN));
    model.act(Action::Focus);
    insta::assert_snapshot!("narrow_sessions", screen(&mut model, 40, 12, PLAIN));
}

#[test]
fn without_shapes_beyond_ascii_nothing_is_missing() {
    let mut model = model();
    model.act(Action::Session(3));
    let text = screen(&mut model, 80, 24, Theme { colours: false, unicode: false });
    insta::assert_snapshot!(text);
}

#[test]
fn the_help_fits() {
    let mut model = model();
    model.act(Action::Help);
    let text = screen(&mut model, 80, 24, PLAIN);
    insta::assert_snapshot!(text);
    for (key, _) in crate::cli::watch::keys::HELP {
        assert!(text.contains(key), "{key}");
    }
    for (term, _) in crate::cli::watch::keys::TERMS {
        assert!(text.contains(term), "{term}");
    }
}

#[test]
fn any_size_can_be_drawn() {
    let mut model = model();
    model.act(Action::Session(3));
    model.hear(News::Page { turn: 1, events: vec![envelope(21, "aaaa1111", "stop", None)], older: None }, now());
    model.settle(Room { events: 20, ..Room::default() });
    assert_eq!(model.act(Action::Open), [Wish::Event(21)]);
    for columns in [1, 2, 5, 20, 39, 67, 68, 72, 105, 139, 140, 250] {
        for rows in [1, 2, 3, 4, 6, 12, 18, 24, 60] {
            for focus in [Focus::Events, Focus::Sessions] {
                for help in [false, true] {
                    (model.focus, model.help) = (focus, help);
                    screen(&mut model, columns, rows, PLAIN);
                }
            }
        }
    }
}

#[test]
fn colours_are_left_out_where_nobody_wants_them() {
    let mut model = model();
    let colours = |theme: Theme, model: &mut Model| {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).expect("a terminal");
        terminal
            .draw(|frame| {
                let areas = Areas::of(model, frame.area());
                view::draw(model, &areas, theme, frame.buffer_mut());
            })
            .expect("drawn");
        let coloured = |cell: &&ratatui::buffer::Cell| {
            cell.fg != ratatui::style::Color::Reset || cell.bg != ratatui::style::Color::Reset
        };
        terminal.backend().buffer().content().iter().filter(coloured).count()
    };
    model.settle(Room { events: 20, ..Room::default() });
    assert_eq!(colours(PLAIN, &mut model), 0);
    assert!(colours(Theme { colours: true, unicode: true }, &mut model) > 20);
}

#[test]
fn answers_to_an_earlier_scope_change_nothing() {
    let mut model = model();
    model.act(Action::Session(1));
    model.hear(News::Page { turn: 0, events: vec![envelope(99, "x", "stop", None)], older: None }, now());
    assert!(!screen(&mut model, 80, 24, PLAIN).contains("Turn done"));
    assert!(model.loading);
    model.hear(News::Page { turn: 1, events: vec![envelope(99, "x", "stop", None)], older: None }, now());
    assert!(screen(&mut model, 80, 24, PLAIN).contains("Turn done"));
}

#[test]
fn keys_typed_faster_than_a_session_is_read_are_about_that_session() {
    let mut model = model();
    let page = |turn| News::Page {
        turn,
        events: [4, 5, 6].map(|seq| envelope(seq, "bbbb2222", "stop", None)).into(),
        older: None,
    };
    model.settle(Room { events: 20, ..Room::default() });
    model.act(Action::Session(1));
    for action in [Action::Move(-1), Action::Move(-1), Action::Open] {
        assert_eq!(model.act(action), [], "the rows of the list before are not meant");
    }
    assert_eq!(model.hear(page(1), now()), [Wish::Event(5)]);
    assert_eq!(model.detail.as_ref().map(|detail| detail.seq), Some(5));

    // What was meant for one list is not done to another, nor once it was taken back.
    model.act(Action::Session(1));
    model.act(Action::Open);
    model.act(Action::Session(-1));
    assert_eq!(model.hear(page(3), now()), []);
    model.act(Action::Session(1));
    model.act(Action::Open);
    model.act(Action::Close);
    assert_eq!(model.hear(page(model.scope.turn), now()), []);
}

#[test]
fn a_filter_is_typed_refused_and_taken_away() {
    let mut model = model();
    model.act(Action::Search);
    model.type_text("tool:(\x1b");
    assert!(screen(&mut model, 80, 24, PLAIN).contains(" / tool:("));
    assert_eq!(model.end_typing(true), [], "it is not understood, and can be mended");
    insta::assert_snapshot!(screen(&mut model, 80, 24, PLAIN).lines().last().unwrap_or_default());
    model.erase(true);
    model.type_text("tool:Bash");
    assert!(matches!(&model.end_typing(true)[..], [Wish::Scope(scope)] if scope.query == "tool:Bash"));
    model.hear(News::Refused { turn: 1, why: "unknown field tool".into() }, now());
    assert!(screen(&mut model, 80, 24, PLAIN).contains("filter: unknown field tool"));
    assert!(matches!(&model.act(Action::Close)[..], [Wish::Scope(scope)] if scope.query.is_empty()));
    model.act(Action::Search);
    model.type_text("one two");
    model.erase(true);
    assert_eq!(model.typing.as_deref(), Some("one "));
    assert_eq!(model.end_typing(false), []);
}

#[test]
fn sessions_of_several_agents_say_whose_they_are_and_a_filter_lists_those_of_one() {
    let mut model = model();
    let mut codex = session("eeee5555", "billing", "ended", "other");
    codex.agent = "codex".into();
    model.hear(News::Sessions { sessions: vec![codex], all: false }, now());
    insta::assert_snapshot!(screen(&mut model, 80, 24, PLAIN));
    model.act(Action::Search);
    model.type_text("agent:Codex");
    assert!(matches!(&model.end_typing(true)[..], [Wish::Scope(scope)] if scope.query == "agent:Codex"));
    let text = screen(&mut model, 80, 24, PLAIN);
    assert!(text.contains("billing") && !text.contains("parser"), "{text}");
    model.act(Action::Session(1));
    assert_eq!(model.scope.session.as_deref(), Some("eeee5555"), "steps go through what is listed");
    model.act(Action::Close);
    let text = screen(&mut model, 80, 24, PLAIN);
    assert!(text.contains("parser") && text.contains("claude-code"), "{text}");
}

#[test]
fn keys_find_who_needs_somebody() {
    let mut model = model();
    model.settle(Room::default());
    assert!(
        matches!(&model.act(Action::NextNeedy)[..], [Wish::Scope(scope)] if scope.session.as_deref() == Some("bbbb2222"))
    );
    assert_eq!(model.act(Action::NextNeedy), [], "there is but one");
    assert!(matches!(&model.act(Action::AllSessions)[..], [Wish::Scope(scope)] if scope.session.is_none()));
}
