//! What holds for every JSON object, however it is written.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::Profile;
use super::super::hooks::Wanted;
use super::super::json::{Document, Kind};
use super::super::style::{Layout, Style};
use super::CLAUDE_CODE;
use super::{Disk, PROGRAM, wanted};

/// White space of every kind; mostly little, so that one-line files occur.
fn space() -> BoxedStrategy<String> {
    prop_oneof![4 => Just(String::new()), 2 => Just(" ".to_owned()), 1 => "[ \t\n]{1,4}", 1 => "(\r\n)?[ \t]{0,4}"]
        .boxed()
}

/// The same white space before every part, as most files have it, or another before each.
fn container(
    brackets: [&'static str; 2],
    part: impl Strategy<Value = String> + 'static,
    parts: usize,
) -> BoxedStrategy<String> {
    (prop::collection::vec((space(), part, space()), 0..=parts), space(), space(), any::<bool>())
        .prop_map(move |(parts, before, last, even)| {
            let parts: Vec<_> = parts
                .iter()
                .map(|(own, part, after)| if even { format!("{before}{part}") } else { format!("{own}{part}{after}") })
                .collect();
            format!("{}{}{last}{}", brackets[0], parts.join(","), brackets[1])
        })
        .boxed()
}

fn member(
    key: impl Strategy<Value = String> + 'static,
    value: impl Strategy<Value = String> + 'static,
) -> BoxedStrategy<String> {
    (key, space(), prop_oneof![3 => Just(" ".to_owned()), 1 => space()], value)
        .prop_map(|(key, before, after, value)| format!("\"{key}\"{before}:{after}{value}"))
        .boxed()
}

fn key() -> BoxedStrategy<String> {
    prop_oneof!["[a-c]", Just("ключ".to_owned()), Just("\\u0061\\\"".to_owned()), Just("\u{1fa9d}{[,".to_owned())]
        .boxed()
}

fn scalar() -> BoxedStrategy<String> {
    let words = ["null", "true", "false", "0", "-1.5E+3", "\"\"", "\"a,b}]\"", "\"\\\\\"", "\"\\\"\"", "\"\u{2028}é\""];
    prop::sample::select(words.to_vec()).prop_map(str::to_owned).boxed()
}

fn value() -> BoxedStrategy<String> {
    scalar()
        .prop_recursive(3, 20, 4, |inner| {
            prop_oneof![container(["[", "]"], inner.clone(), 3), container(["{", "}"], member(key(), inner), 3)]
        })
        .boxed()
}

/// Somebody else's group, or something that is none.
fn group() -> BoxedStrategy<String> {
    let command = prop::sample::select(vec!["\"x\"", "\"/bin/tailhook-hook-x\"", "3"]).prop_map(str::to_owned);
    let entry = container(["{", "}"], member(Just("command".to_owned()), command), 1);
    let entries = container(["[", "]"], prop_oneof![5 => entry, 1 => value()], 2);
    let hooks = member(Just("hooks".to_owned()), prop_oneof![5 => entries, 1 => value()]);
    prop_oneof![5 => container(["{", "}"], hooks, 1), 1 => value()].boxed()
}

fn settings() -> BoxedStrategy<String> {
    let event = |name: &'static str| member(Just(name.to_owned()), container(["[", "]"], group(), 2));
    let events = (event("PreToolUse"), event("Stop"), member(Just("//".to_owned()), value()), 0..4_usize, space());
    let hooks = events.prop_flat_map(|(pre, stop, remark, count, last)| {
        let all = vec![format!("{last}{pre}"), format!("{last}{stop}"), format!("{last}{remark}")];
        prop::sample::subsequence(all, count.min(3)).prop_map(move |events| format!("{{{}{last}}}", events.join(",")))
    });
    let hooks = member(Just("hooks".to_owned()), hooks);
    let plain = container(["{", "}"], member(key(), value()), 3);
    let with_hooks = (plain.clone(), hooks, space(), space()).prop_map(|(plain, hooks, before, after)| {
        let rest = plain.strip_prefix('{').unwrap_or_default();
        let comma = if rest.trim() == "}" { "" } else { "," };
        format!("{{{before}{hooks}{after}{comma}{rest}")
    });
    let object = prop_oneof![plain, with_hooks];
    let mark = prop_oneof![5 => Just(""), 1 => Just("\u{feff}")];
    (mark, space(), object, space())
        .prop_map(|(mark, before, object, after)| format!("{mark}{before}{object}{after}"))
        .boxed()
}

fn request() -> impl Strategy<Value = (Profile, &'static str)> {
    let paths = prop::sample::select(vec![PROGRAM, "/a b/tailhook-hook", "C:\\x\\tailhook-hook.exe"]);
    (prop_oneof![Just(Profile::Lean), Just(Profile::Full)], paths)
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text.trim_start_matches('\u{feff}')).unwrap()
}

/// What [`super::super::hooks::merge`] has to come to, in the plainest words.
fn merged(mut settings: Value, wanted: &[Wanted]) -> Value {
    let root = settings.as_object_mut().unwrap();
    let hooks = root.entry("hooks").or_insert_with(|| json!({})).as_object_mut().unwrap();
    for wanted in wanted {
        let entry = parse(&Style::standard("").write(&wanted.entry, Layout::Inline));
        let groups = hooks.entry(wanted.event).or_insert_with(|| json!([])).as_array_mut().unwrap();
        groups.push(json!({"hooks": [entry]}));
    }
    settings
}

/// Keys and scalars as they are written, in order.
fn words(text: &str) -> Vec<String> {
    let document = Document::parse(text).unwrap();
    let scalars = document.nodes().filter(|node| !matches!(node.kind(), Kind::Object | Kind::Array));
    scalars.map(|node| node.text().to_owned()).collect()
}

fn is_subsequence(part: &[String], whole: &[String]) -> bool {
    let mut whole = whole.iter();
    part.iter().all(|word| whole.any(|other| other == word))
}

proptest! {
    #[test]
    fn installing_adds_ours_and_nothing_else(before in settings(), (profile, path) in request()) {
        let wanted = wanted(&CLAUDE_CODE, profile, path);
        let mut disk = Disk::holding(&before);
        disk.install(&wanted).unwrap();
        prop_assert_eq!(parse(disk.text()), merged(parse(&before), &wanted));
        prop_assert!(is_subsequence(&words(&before), &words(disk.text())));
        let once = disk.clone();
        disk.install(&wanted).unwrap();
        prop_assert_eq!(disk, once);
    }

    #[test]
    fn uninstalling_gives_back_every_byte(before in settings(), requests in prop::collection::vec(request(), 1..4)) {
        let mut disk = Disk::holding(&before);
        for (profile, path) in requests {
            disk.install(&wanted(&CLAUDE_CODE, profile, path)).unwrap();
            prop_assert_eq!(disk.backup.as_ref(), Some(&before));
        }
        disk.uninstall().unwrap();
        prop_assert_eq!(disk, Disk::holding(&before));
    }

    #[test]
    fn an_edit_in_between_stays(before in settings(), (profile, path) in request()) {
        let edit = |text: &str| text.replacen('{', "{\t\"theirs\" :1 ,", 1);
        let mut disk = Disk::holding(&before);
        disk.install(&wanted(&CLAUDE_CODE, profile, path)).unwrap();
        disk.file = Some(edit(disk.text()));
        disk.uninstall().unwrap();
        if Document::parse(&before).unwrap().root().parts().is_empty() {
            prop_assert_eq!(parse(disk.text()), json!({"theirs": 1}));
        } else {
            prop_assert_eq!(disk.text(), edit(&before));
        }
    }

    /// The reader agrees with `serde_json` on what is JSON, for texts that are nearly so.
    #[test]
    fn the_reader_is_strict(text in settings(), at in any::<prop::sample::Index>(), with in "[]\\[{}:,\"0-9.eE+tn\\\\/ \n-]{0,2}") {
        let text = text.trim_start_matches('\u{feff}');
        let places: Vec<_> = text.char_indices().map(|(place, _)| place).collect();
        let place = places[at.index(places.len())];
        for text in [format!("{}{with}{}", &text[..place], &text[place..]), text[..place].to_owned() + &with] {
            let theirs = serde_json::from_str::<Value>(&text);
            // Numbers and surrogates that JSON allows and Rust cannot hold.
            let unfit = theirs.as_ref().is_err_and(|error| {
                let error = error.to_string();
                error.contains("out of range") || error.contains("hex escape")
            });
            if !unfit {
                prop_assert_eq!(Document::parse(&text).is_ok(), theirs.is_ok(), "{:?}: {:?}", text, theirs);
            }
        }
    }
}
