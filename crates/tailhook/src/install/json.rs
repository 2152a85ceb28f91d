//! A JSON text with the place of every value.
//!
//! `serde_json` would lose what we must keep: indentation, line ends, the order of keys, duplicate keys, the way a
//! string is escaped. So this reads strictly by RFC 8259, remembers byte ranges, and leaves the text alone. Values stand
//! in one flat list in the order of the text, each knowing where its subtree ends: no recursion, so nesting costs no
//! stack however deep it is.

use std::fmt;
use std::ops::Range;

use super::parse::{Parser, SyntaxError};

/// A byte order mark, which editors on Windows put at the start and which `JSON.parse` users strip.
pub(super) const BYTE_ORDER_MARK: char = '\u{feff}';

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `{..}`
    Object,
    /// `[..]`
    Array,
    /// `".."`
    String,
    /// `0`
    Number,
    /// `true` or `false`
    Boolean,
    /// `null`
    Null,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Object => "an object",
            Self::Array => "an array",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Boolean => "a boolean",
            Self::Null => "null",
        })
    }
}

/// One value or key in the flat list.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Index of the first token behind this value's subtree.
    pub(super) next: usize,
}

/// A text that is one JSON value, perhaps with a byte order mark before it.
#[derive(Debug)]
pub(super) struct Document<'t> {
    text: &'t str,
    tokens: Vec<Token>,
}

impl<'t> Document<'t> {
    pub(super) fn parse(text: &'t str) -> Result<Self, SyntaxError> {
        Ok(Self { text, tokens: Parser::new(text).document()? })
    }

    pub(super) fn text(&self) -> &'t str {
        self.text
    }

    pub(super) fn root(&self) -> Node<'_> {
        Node { document: self, index: 0 }
    }

    /// Every value and every key, in the order of the text.
    pub(super) fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.tokens.len()).map(|index| Node { document: self, index })
    }
}

/// One value, or the key of a member.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'d> {
    document: &'d Document<'d>,
    index: usize,
}

impl<'d> Node<'d> {
    fn token(self) -> Token {
        self.document.tokens[self.index]
    }

    pub(super) fn kind(self) -> Kind {
        self.token().kind
    }

    pub(super) fn range(self) -> Range<usize> {
        self.token().start..self.token().end
    }

    pub(super) fn text(self) -> &'d str {
        &self.document.text[self.range()]
    }

    /// What a string says; `None` for anything else, and for a lone surrogate, which JSON allows and Rust cannot hold.
    pub(super) fn string(self) -> Option<String> {
        if self.kind() == Kind::String { serde_json::from_str(self.text()).ok() } else { None }
    }

    fn children(self) -> impl Iterator<Item = Node<'d>> {
        let end = self.token().next;
        let mut index = self.index + 1;
        std::iter::from_fn(move || {
            let node = Node { document: self.document, index };
            (index < end).then(|| {
                index = node.token().next;
                node
            })
        })
    }

    /// The elements of an array; nothing for anything else.
    pub(super) fn items(self) -> Vec<Node<'d>> {
        if self.kind() == Kind::Array { self.children().collect() } else { Vec::new() }
    }

    /// Keys and values of an object; nothing for anything else.
    pub(super) fn members(self) -> Vec<(Node<'d>, Node<'d>)> {
        let mut members = Vec::new();
        if self.kind() == Kind::Object {
            let mut children = self.children();
            while let (Some(key), Some(value)) = (children.next(), children.next()) {
                members.push((key, value));
            }
        }
        members
    }

    /// The value of a key; of the last one if it stands there twice, as `JSON.parse` does.
    pub(super) fn member(self, name: &str) -> Option<Node<'d>> {
        self.members().into_iter().rev().find(|(key, _)| key.string().as_deref() == Some(name)).map(|(_, value)| value)
    }

    /// Where each element or member stands, without the commas between them.
    pub(super) fn parts(self) -> Vec<Range<usize>> {
        match self.kind() {
            Kind::Array => self.children().map(Node::range).collect(),
            _ => self.members().into_iter().map(|(key, value)| key.range().start..value.range().end).collect(),
        }
    }

    /// Where the first element or key starts.
    pub(super) fn first_part(self) -> Option<usize> {
        self.children().next().map(|node| node.range().start)
    }

    /// What stands between the braces or brackets.
    pub(super) fn interior(self) -> Range<usize> {
        self.range().start + 1..self.range().end - 1
    }
}
