//! The shape of an expression, and what it says about an event.

use super::field::{Field, Flag, Name, Number};
use super::subject::Subject;
use super::text::Folded;
use crate::agents::{OWN_AGENTS, is_own};

/// A condition on events; see the [module](super) for how it is written.
///
/// Made by [`Expression::parse`] or [`str::parse`]; `Display` writes it back in a form that parses to the same. The
/// default, like an empty text, matches every event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(pub(super) Node);

/// An expression as a tree. `All` and `Any` never directly hold one of their own kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    /// Every one holds; of none, that is so.
    All(Vec<Node>),
    /// At least one holds.
    Any(Vec<Node>),
    Not(Box<Node>),
    Test(Test),
}

/// One question about an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Test {
    Is(Field, Pattern),
    Summary(Phrase),
    Flag(Flag),
    Compare(Number, Comparison, u64),
    Text(Phrase),
}

/// A value, or with `prefix` how it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) value: String,
    pub(super) prefix: bool,
}

/// Words next to each other; with `prefix` the last one may go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    pub(super) written: String,
    pub(super) prefix: bool,
    pub(super) folded: Folded,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

impl Default for Expression {
    fn default() -> Self {
        Self(Node::All(Vec::new()))
    }
}

impl Expression {
    /// Whether the event is one of those that are wanted. Takes an [`crate::Event`] or a [`Subject`].
    ///
    /// A field that the event does not have equals nothing and is neither more nor less than anything, so `NOT` of such
    /// a question holds.
    pub fn matches<'e>(&self, event: impl Into<Subject<'e>>) -> bool {
        self.0.holds(&event.into())
    }

    /// And the session, type or agent is one of these, where there are any; a `*` at an end stands for more.
    #[must_use]
    pub fn and_one_of(self, sessions: &[String], kinds: &[String], agents: &[String]) -> Self {
        let lists = [(Field::Session, sessions), (Field::Type, kinds), (Field::Agent, agents)];
        let tests = lists.into_iter().filter(|(_, values)| !values.is_empty()).map(|(field, values)| {
            let is = |value: &String| {
                let start = value.strip_suffix('*').filter(|_| field == Field::Type);
                let pattern = Pattern { value: start.unwrap_or(value).to_owned(), prefix: start.is_some() };
                Node::Test(Test::Is(field, pattern))
            };
            Node::any(values.iter().map(is).collect())
        });
        Self(Node::all(tests.chain([self.0]).collect()))
    }

    /// Whether it matches every event, as the empty one does.
    pub fn is_empty(&self) -> bool {
        matches!(&self.0, Node::All(nodes) if nodes.is_empty())
    }

    /// Whether it names a session, or agents that are tailhook itself: who does so means what he names, and is not to be
    /// kept from it.
    pub fn names_own(&self) -> bool {
        self.0.any_test(&|test| match test {
            Test::Is(Field::Session, _) => true,
            Test::Is(Field::Agent, Pattern { value, prefix }) => {
                is_own(value) || *prefix && !value.is_empty() && OWN_AGENTS.starts_with(&value.to_ascii_lowercase())
            }
            _ => false,
        })
    }

    /// Whether an answer may depend on the event's payload.
    pub fn reads_payload(&self) -> bool {
        self.0.any_test(&|test| matches!(test, Test::Text(_)))
    }
}

impl Node {
    fn any_test(&self, wanted: &impl Fn(&Test) -> bool) -> bool {
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().any(|node| node.any_test(wanted)),
            Self::Not(node) => node.any_test(wanted),
            Self::Test(test) => wanted(test),
        }
    }

    /// All of these, as flat as can be.
    pub(super) fn all(nodes: Vec<Self>) -> Self {
        let flat = nodes.into_iter().flat_map(|node| if let Self::All(inner) = node { inner } else { vec![node] });
        Self::single_or(flat.collect(), Self::All)
    }

    /// One of these, as flat as can be.
    pub(super) fn any(nodes: Vec<Self>) -> Self {
        let flat = nodes.into_iter().flat_map(|node| if let Self::Any(inner) = node { inner } else { vec![node] });
        Self::single_or(flat.collect(), Self::Any)
    }

    fn single_or(mut nodes: Vec<Self>, many: impl FnOnce(Vec<Self>) -> Self) -> Self {
        match (nodes.len(), nodes.pop()) {
            (1, Some(node)) => node,
            (_, last) => {
                nodes.extend(last);
                many(nodes)
            }
        }
    }

    fn holds(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(subject)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(subject)),
            Self::Not(node) => !node.holds(subject),
            Self::Test(test) => test.holds(subject),
        }
    }
}

impl Test {
    fn holds(&self, subject: &Subject<'_>) -> bool {
        match self {
            Self::Is(field, pattern) => field.of(subject).is_some_and(|value| pattern.matches(value, *field)),
            Self::Summary(phrase) => phrase.is_in(&Folded::of(&subject.data.summary)),
            Self::Flag(flag) => flag.of(subject),
            Self::Compare(number, comparison, than) => {
                number.of(subject).is_some_and(|value| comparison.holds(value, *than))
            }
            Self::Text(phrase) => phrase.is_in(subject.text()),
        }
    }

    pub(super) fn name(&self) -> Option<Name> {
        Some(match self {
            Self::Is(field, _) => Name::Text(*field),
            Self::Summary(_) => Name::Text(Field::Summary),
            Self::Flag(flag) => Name::Flag(*flag),
            Self::Compare(number, ..) => Name::Number(*number),
            Self::Text(_) => return None,
        })
    }
}

impl Pattern {
    fn matches(&self, value: &str, field: Field) -> bool {
        let (value, wanted) = (value.as_bytes(), self.value.as_bytes());
        let Some(head) = value.get(..wanted.len()) else { return false };
        let same = if field.is_exact() { head == wanted } else { head.eq_ignore_ascii_case(wanted) };
        same && (self.prefix || value.len() == wanted.len())
    }
}

impl Phrase {
    /// None if there is no word in it.
    pub(super) fn new(written: String, prefix: bool) -> Option<Self> {
        let folded = Folded::of(&written);
        (!folded.is_empty()).then_some(Self { written, prefix, folded })
    }

    fn is_in(&self, text: &Folded) -> bool {
        text.contains(&self.folded, self.prefix)
    }
}

impl Comparison {
    fn holds(self, value: u64, than: u64) -> bool {
        match self {
            Self::Less => value < than,
            Self::AtMost => value <= than,
            Self::Equal => value == than,
            Self::AtLeast => value >= than,
            Self::More => value > than,
        }
    }

    pub(super) fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::Equal => ":",
            Self::AtLeast => ">=",
            Self::More => ">",
        }
    }
}
