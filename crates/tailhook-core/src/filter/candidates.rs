//! What an index can say about an expression.

use super::expression::{Comparison, Expression, Node, Test};
use super::field::Number;
use super::terms;

/// Which events an index of [`super::index_text`] should give: all that match and maybe more, so whoever asks still
/// has to ask [`Expression::matches`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidates {
    /// An index does not help: any event may match.
    Everything,
    /// Events with this word or term; with `true`, with one that begins so.
    Term(String, bool),
    /// Events that are in each of these.
    All(Vec<Candidates>),
    /// Events that are in at least one of these.
    Any(Vec<Candidates>),
}

impl Expression {
    /// Where to look for events that match.
    pub fn candidates(&self) -> Candidates {
        of(&self.0)
    }
}

fn of(node: &Node) -> Candidates {
    match node {
        Node::All(nodes) => Candidates::all(nodes.iter().map(of).collect()),
        Node::Any(nodes) => Candidates::any(nodes.iter().map(of).collect()),
        // The index gives more than what is meant; of its opposite it would give less.
        Node::Not(_) => Candidates::Everything,
        Node::Test(test) => of_test(test),
    }
}

fn of_test(test: &Test) -> Candidates {
    match test {
        Test::Is(field, pattern) => terms::of_value(*field, &pattern.value)
            .map_or(Candidates::Everything, |term| Candidates::Term(term, pattern.prefix)),
        Test::Flag(flag) => Candidates::Term(terms::of_flag(*flag), false),
        // What stands in the summary is searched as well.
        Test::Summary(phrase) | Test::Text(phrase) => {
            let mut words: Vec<_> =
                phrase.folded.words().map(|word| Candidates::Term(word.to_owned(), false)).collect();
            if let Some(Candidates::Term(_, prefix)) = words.last_mut() {
                *prefix = phrase.prefix;
            }
            Candidates::all(words)
        }
        Test::Compare(Number::Duration, comparison, than) => {
            let bound = terms::magnitude(*than);
            let magnitudes = match comparison {
                Comparison::Equal => bound..=bound,
                Comparison::AtLeast | Comparison::More => bound..=u64::BITS,
                Comparison::Less | Comparison::AtMost => 0..=bound,
            };
            Candidates::any(magnitudes.map(|n| Candidates::Term(terms::of_duration(n), false)).collect())
        }
        Test::Compare(..) => Candidates::Everything,
    }
}

impl Candidates {
    /// In each of these.
    pub fn all(parts: Vec<Self>) -> Self {
        let mut useful: Vec<Self> = Vec::new();
        for part in parts {
            match part {
                Self::Everything => {}
                Self::All(inner) => useful.extend(inner),
                part if useful.contains(&part) => {}
                part => useful.push(part),
            }
        }
        match useful.len() {
            0 => Self::Everything,
            1 => useful.remove(0),
            _ => Self::All(useful),
        }
    }

    /// In one of these.
    pub fn any(mut parts: Vec<Self>) -> Self {
        if parts.contains(&Self::Everything) {
            return Self::Everything;
        }
        if parts.len() == 1 { parts.remove(0) } else { Self::Any(parts) }
    }
}
