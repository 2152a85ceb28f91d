//! Our entries within a settings text: put in, brought up to date, taken out. Text in, text out.
//!
//! The shape in most agents; [`Shape`] has the others:
//!
//! ```text
//! {"hooks": {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": "/path", ..}]}]}}
//!  settings   event          group                        entry
//! ```
//!
//! Each of our entries has a group of its own. One that somebody moved into another group is still ours, and is brought
//! up to date where it stands.
//!
//! A text alone does not tell whether an empty `"hooks": {}` was there before us. The `original`, the text before the
//! first installation, does: containers that we emptied stay if it has them, with the white space it has in them. This
//! is what makes taking out the exact inverse of putting in. Without an original they go.

use super::agents::{Shape, Switch};
use super::command::is_ours;
use super::edit::{self, Edit, Part};
use super::error::EditError;
use super::json::{BYTE_ORDER_MARK, Document, Kind, Node};
use super::style::{Json, Layout, Style};

/// One entry to be there.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) event: &'static str,
    pub(super) matcher: Option<&'static str>,
    pub(super) entry: Json,
}

impl Wanted {
    /// What stands in the event's array.
    fn item(&self, shape: Shape) -> Json {
        if let Shape::Entries = shape {
            return self.entry.clone();
        }
        let mut members = Vec::new();
        if let Some(matcher) = self.matcher {
            members.push(("matcher", Json::String(matcher.to_owned())));
        }
        members.push(("hooks", Json::Array(vec![self.entry.clone()])));
        Json::Object(members)
    }

    fn member(&self, shape: Shape) -> (&'static str, Json) {
        (self.event, Json::Array(vec![self.item(shape)]))
    }
}

/// Whether a text holds nothing: agents read an empty file as empty settings.
pub(super) fn is_blank(text: &str) -> bool {
    text.trim_start_matches(BYTE_ORDER_MARK).trim_matches([' ', '\t', '\r', '\n']).is_empty()
}

/// Whether a settings text says nothing: it is blank, or `{}`.
pub(super) fn is_empty(text: &str) -> Result<bool, EditError> {
    Ok(is_blank(text) || settings(&Document::parse(text)?)?.parts().is_empty())
}

/// The first of these switches that the settings turn off.
pub(super) fn turned_off(text: &str, switches: &[Switch]) -> Result<Option<Switch>, EditError> {
    if is_blank(text) {
        return Ok(None);
    }
    let document = Document::parse(text)?;
    let root = settings(&document)?;
    let value = |switch: &Switch| switch.path.iter().try_fold(root, |node, key| node.member(key));
    let is_off = |switch: &&Switch| value(switch).is_some_and(|value| value.text() == switch.off.to_string());
    Ok(switches.iter().find(is_off).copied())
}

/// The events that have an entry of ours.
pub(super) fn registered(text: &str, shape: Shape) -> Result<Vec<String>, EditError> {
    if is_blank(text) {
        return Ok(Vec::new());
    }
    let document = Document::parse(text)?;
    let hooks = hooks_of(settings(&document)?, shape)?;
    let ours = |event: Node<'_>| event.items().into_iter().flat_map(|item| entries(item, shape)).any(is_ours);
    let events = hooks.into_iter().flat_map(Node::members).filter(|(_, event)| ours(*event));
    Ok(events.filter_map(|(key, _)| key.string()).collect())
}

/// Every entry of ours, with its event, in the order of the text.
pub(super) fn each_of_ours<T>(
    text: &str,
    shape: Shape,
    mut take: impl FnMut(String, Node<'_>) -> T,
) -> Result<Vec<T>, EditError> {
    if is_blank(text) {
        return Ok(Vec::new());
    }
    let document = Document::parse(text)?;
    let mut taken = Vec::new();
    for (key, event) in hooks_of(settings(&document)?, shape)?.into_iter().flat_map(Node::members) {
        let Some(name) = key.string() else { continue };
        let ours = event.items().into_iter().flat_map(|item| entries(item, shape)).filter(|entry| is_ours(*entry));
        taken.extend(ours.map(|entry| take(name.clone(), entry)));
    }
    Ok(taken)
}

/// The text with exactly the wanted entries of ours, and everybody else's as they were.
pub(super) fn merge(text: &str, shape: Shape, wanted: &[Wanted], original: Option<&str>) -> Result<String, EditError> {
    if is_blank(text) {
        return Ok(fresh(text, shape, wanted));
    }
    check(text, shape, wanted)?;
    // What is not wanted goes first, so that what remains has one entry of ours per event at most.
    let is_wanted = |event: &str| wanted.iter().any(|wanted| wanted.event == event);
    let text = &take_out(text, shape, original, |event, nth| nth > 0 || !is_wanted(event))?;

    let document = Document::parse(text)?;
    let style = Style::of(&document);
    let root = settings(&document)?;
    let Some(hooks) = hooks_of(root, shape)? else {
        let had_version = root.member("version").is_some();
        let members = around(shape, wanted).into_iter().filter(|(key, _)| !(had_version && *key == "version"));
        let parts: Vec<_> = members.map(|(key, value)| Part::Member(key, value)).collect();
        return Ok(edit::apply(text, vec![edit::append(&document, &style, root, &parts)]));
    };
    let mut edits = Vec::new();
    let mut missing = Vec::new();
    for wanted in wanted {
        let Some(event) = hooks.member(wanted.event) else {
            let (event, groups) = wanted.member(shape);
            missing.push(Part::Member(event, groups));
            continue;
        };
        match event.items().into_iter().flat_map(|item| entries(item, shape)).find(|entry| is_ours(*entry)) {
            Some(entry) if says_the_same(entry, &style, &wanted.entry) => {}
            Some(entry) => edits.push(edit::replace(&document, &style, entry, &wanted.entry)),
            None => edits.push(edit::append(&document, &style, event, &[Part::Item(wanted.item(shape))])),
        }
    }
    if !missing.is_empty() {
        edits.push(edit::append(&document, &style, hooks, &missing));
    }
    Ok(edit::apply(text, edits))
}

/// The text without our entries and what we made for them.
pub(super) fn strip(text: &str, shape: Shape, original: Option<&str>) -> Result<String, EditError> {
    if is_blank(text) {
        return Ok(text.to_owned());
    }
    let stripped = take_out(text, shape, original, |_, _| true)?;
    match original {
        Some(original) if is_blank(original) && is_empty(&stripped)? => Ok(original.to_owned()),
        _ => Ok(stripped),
    }
}

/// Settings that hold nothing but our entries.
fn fresh(blank: &str, shape: Shape, wanted: &[Wanted]) -> String {
    let style = Style::standard(blank);
    let hooks = Json::Object(around(shape, wanted));
    let mark = if blank.starts_with(BYTE_ORDER_MARK) { "\u{feff}" } else { "" };
    format!("{mark}{}{}", style.write(&hooks, Layout::Lines("")), style.newline)
}

/// The members of settings that hold nothing but our entries.
fn around(shape: Shape, wanted: &[Wanted]) -> Vec<(&'static str, Json)> {
    let events: Vec<_> = wanted.iter().map(|wanted| wanted.member(shape)).collect();
    match shape {
        Shape::BareGroups => events,
        Shape::Entries => vec![("version", Json::Number(1)), ("hooks", Json::Object(events))],
        _ => vec![("hooks", Json::Object(events))],
    }
}

/// Refuses what a merge would have to guess about.
fn check(text: &str, shape: Shape, wanted: &[Wanted]) -> Result<(), EditError> {
    let document = Document::parse(text)?;
    let Some(hooks) = hooks_of(settings(&document)?, shape)? else { return Ok(()) };
    if hooks.kind() != Kind::Object {
        return Err(EditError::HooksNotObject { found: hooks.kind() });
    }
    for wanted in wanted {
        match only_member(hooks, wanted.event)? {
            Some(event) if event.kind() != Kind::Array => {
                return Err(EditError::EventNotArray { event: wanted.event, found: event.kind() });
            }
            _ => {}
        }
    }
    Ok(())
}

/// Removes those of our entries that `unwanted` names by event and place among ours in that event.
fn take_out(
    text: &str,
    shape: Shape,
    original: Option<&str>,
    unwanted: impl Fn(&str, usize) -> bool,
) -> Result<String, EditError> {
    let original = original.and_then(|text| Original::parse(text, shape).ok()).unwrap_or_default();
    let document = Document::parse(text)?;
    let root = settings(&document)?;
    let Some(hooks) = hooks_of(root, shape)? else { return Ok(text.to_owned()) };

    let mut edits = Vec::new();
    let mut gone_events = Vec::new();
    for (key, event) in hooks.members() {
        let name = key.string().unwrap_or_default();
        let mut nth = 0..;
        let mut gone_groups = Vec::new();
        for group in event.items() {
            let entries = entries(group, shape);
            let gone: Vec<_> = entries
                .iter()
                .map(|entry| is_ours(*entry) && nth.next().is_some_and(|nth| unwanted(&name, nth)))
                .collect();
            let any = gone.contains(&true);
            gone_groups.push(any && !gone.contains(&false));
            if any && gone.contains(&false) {
                edits.extend(group.member("hooks").into_iter().flat_map(|array| edit::remove(array, &gone)));
            }
        }
        let emptied = !gone_groups.is_empty() && !gone_groups.contains(&false);
        gone_events.push(emptied && original.event(&name).is_none());
        match original.event(&name) {
            Some(interior) if emptied => edits.push(edit::clear(event, interior)),
            // Goes with its key, below.
            None if emptied => {}
            _ => edits.extend(edit::remove(event, &gone_groups)),
        }
    }
    let emptied = !gone_events.is_empty() && !gone_events.contains(&false);
    match &original.hooks {
        _ if !emptied => edits.extend(edit::remove(hooks, &gone_events)),
        Some(interior) => edits.push(edit::clear(hooks, interior)),
        None if matches!(shape, Shape::BareGroups) => edits.push(edit::clear(root, "")),
        None => edits.extend(remove_hooks(root, shape, &original)),
    }
    Ok(edit::apply(text, edits))
}

fn remove_hooks(root: Node<'_>, shape: Shape, original: &Original) -> Vec<Edit> {
    let members = root.members();
    // We wrote the version as well, unless it was there before; where nobody knows, it goes if it would be left alone.
    let with_version =
        matches!(shape, Shape::Entries) && original.has_version.map_or(members.len() == 2, |has_version| !has_version);
    let ours = |name: &str| name == "hooks" || with_version && name == "version";
    let gone: Vec<_> = members.iter().map(|(key, _)| key.string().is_some_and(|name| ours(&name))).collect();
    if gone.contains(&false) { edit::remove(root, &gone) } else { vec![edit::clear(root, &original.root)] }
}

/// The containers that the text before the first installation had, each with the white space in it if it was empty.
#[derive(Debug, Default)]
struct Original {
    root: String,
    hooks: Option<String>,
    events: Vec<(String, String)>,
    /// `None`: there is no telling.
    has_version: Option<bool>,
}

impl Original {
    fn parse(text: &str, shape: Shape) -> Result<Self, EditError> {
        if is_blank(text) {
            return Ok(Self { has_version: Some(false), ..Self::default() });
        }
        // If it held entries of ours, by hand or by an installation whose backup is gone, it must not count those.
        let text = take_out(text, shape, None, |_, _| true)?;
        let document = Document::parse(&text)?;
        let root = settings(&document)?;
        let has_version = Some(root.member("version").is_some());
        let interior = |node: Node<'_>| {
            if node.parts().is_empty() { text[node.interior()].to_owned() } else { String::new() }
        };
        let hooks = match shape {
            Shape::BareGroups => Some(root),
            _ => root.member("hooks").filter(|hooks| hooks.kind() == Kind::Object),
        };
        let Some(hooks) = hooks else {
            return Ok(Self { root: interior(root), has_version, ..Self::default() });
        };
        let events = hooks.members().into_iter().filter(|(_, event)| event.kind() == Kind::Array);
        let events = events.filter_map(|(key, event)| Some((key.string()?, interior(event)))).collect();
        Ok(Self { root: interior(root), hooks: Some(interior(hooks)), events, has_version })
    }

    fn event(&self, name: &str) -> Option<&str> {
        self.events.iter().find(|(event, _)| event == name).map(|(_, interior)| interior.as_str())
    }
}

fn settings<'d>(document: &'d Document<'_>) -> Result<Node<'d>, EditError> {
    let root = document.root();
    if root.kind() == Kind::Object { Ok(root) } else { Err(EditError::RootNotObject { found: root.kind() }) }
}

/// The object that has a member for each event.
fn hooks_of(root: Node<'_>, shape: Shape) -> Result<Option<Node<'_>>, EditError> {
    match shape {
        Shape::BareGroups => Ok(Some(root)),
        _ => only_member(root, "hooks"),
    }
}

/// The value of a key that must not stand there twice: agents take the last, a person may mean the first.
fn only_member<'d>(object: Node<'d>, name: &str) -> Result<Option<Node<'d>>, EditError> {
    let mut values = object.members().into_iter().filter(|(key, _)| key.string().as_deref() == Some(name));
    let first = values.next().map(|(_, value)| value);
    if values.next().is_some() { Err(EditError::DuplicateKey { key: name.to_owned() }) } else { Ok(first) }
}

/// The entries in one item of an event's array; nothing if it is of another shape.
fn entries(item: Node<'_>, shape: Shape) -> Vec<Node<'_>> {
    match shape {
        Shape::Entries => vec![item],
        _ => item.member("hooks").map(Node::items).unwrap_or_default(),
    }
}

fn says_the_same(entry: Node<'_>, style: &Style, wanted: &Json) -> bool {
    let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    parse(entry.text()).is_some_and(|entry| Some(entry) == parse(&style.write(wanted, Layout::Inline)))
}
