//! From text to an expression.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::expression::{Comparison, Expression, Node, Pattern, Phrase, Test};
use super::field::{Field, Name, Number};

/// Longest expression, in bytes.
pub const MAX_EXPRESSION_BYTES: usize = 4 << 10;
/// How deep parentheses and NOT may be nested.
const MAX_DEPTH: usize = 32;
/// Most questions in one expression.
const MAX_TESTS: usize = 128;

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// What is wrong, e.g. `unknown field "toolname"`.
    pub message: String,
    /// What to write instead.
    pub hint: String,
    /// Where, in bytes from the beginning; the length of the text if something is missing at its end.
    pub at: usize,
}

impl std::fmt::Display for ParseError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (at {})", self.message, self.at)
    }
}

impl std::error::Error for ParseError {}

impl Expression {
    /// Reads an expression. A text without words matches everything.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        if text.len() > MAX_EXPRESSION_BYTES {
            return Err(ParseError {
                message: format!("the expression is longer than {MAX_EXPRESSION_BYTES} bytes"),
                hint: "leave something out".into(),
                at: text.floor_char_boundary(MAX_EXPRESSION_BYTES),
            });
        }
        let mut parser = Parser { text, at: 0, depth: 0, tests: 0 };
        parser.skip_space();
        if parser.rest().is_empty() {
            return Ok(Self::default());
        }
        let node = parser.any()?;
        if parser.rest().is_empty() {
            Ok(Self(node))
        } else {
            Err(parser.wrong("there is nothing that this ) closes", QUOTE))
        }
    }
}

impl FromStr for Expression {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::parse(text)
    }
}

const QUOTE: &str = "put text that has ( ) : \" in it between quotes";
const SIGNS: [(&str, Comparison); 6] = [
    (">=", Comparison::AtLeast),
    ("<=", Comparison::AtMost),
    (">", Comparison::More),
    ("<", Comparison::Less),
    (":", Comparison::Equal),
    ("=", Comparison::Equal),
];

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    tests: usize,
}

/// A text between quotes, or as it stands.
struct Value {
    text: String,
    /// It ended in a `*` that stands for more.
    prefix: bool,
    at: usize,
}

impl<'t> Parser<'t> {
    fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    fn skip_space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn wrong(&self, message: impl Into<String>, hint: impl Into<String>) -> ParseError {
        ParseError { message: message.into(), hint: hint.into(), at: self.at }
    }

    /// Whether the next word is this one; goes past it.
    fn keyword(&mut self, keyword: &str) -> bool {
        let Some(after) = self.rest().strip_prefix(keyword) else { return false };
        let ends = after.is_empty() || after.starts_with(ends_word) || after.starts_with('"');
        if ends {
            self.at += keyword.len();
            self.skip_space();
        }
        ends
    }

    fn any(&mut self) -> Result<Node, ParseError> {
        let mut nodes = vec![self.all()?];
        while self.keyword("OR") {
            nodes.push(self.all()?);
        }
        Ok(Node::any(nodes))
    }

    fn all(&mut self) -> Result<Node, ParseError> {
        let mut nodes = vec![self.one()?];
        loop {
            if self.keyword("AND") {
                nodes.push(self.one()?);
                continue;
            }
            let at = self.at;
            let ends = self.rest().is_empty() || self.rest().starts_with(')') || self.keyword("OR");
            self.at = at;
            if ends {
                return Ok(Node::all(nodes));
            }
            nodes.push(self.one()?);
        }
    }

    fn one(&mut self) -> Result<Node, ParseError> {
        let begin = self.at;
        if self.keyword("NOT") {
            self.deeper(begin)?;
            let node = self.one()?;
            self.depth -= 1;
            return Ok(Node::Not(Box::new(node)));
        }
        for keyword in ["AND", "OR"] {
            if self.keyword(keyword) {
                self.at = begin;
                return Err(self
                    .wrong(format!("nothing stands before {keyword}"), format!("search for the word: \"{keyword}\"")));
            }
        }
        match self.rest().chars().next() {
            None => Err(self.wrong("something is missing at the end", "e.g. tool_name:Bash AND failed")),
            Some('(') => {
                self.deeper(begin)?;
                self.at += 1;
                self.skip_space();
                if self.rest().starts_with(')') {
                    self.at = begin;
                    return Err(self.wrong("nothing stands between ( and )", QUOTE));
                }
                let node = self.any()?;
                if !self.rest().starts_with(')') {
                    self.at = begin;
                    return Err(self.wrong("this ( is not closed", QUOTE));
                }
                self.at += 1;
                self.skip_space();
                self.depth -= 1;
                Ok(node)
            }
            Some(')') => Err(self.wrong("something is missing before )", QUOTE)),
            Some(_) => {
                self.tests += 1;
                if self.tests > MAX_TESTS {
                    return Err(self.wrong(format!("more than {MAX_TESTS} conditions"), "leave something out"));
                }
                let test = self.test()?;
                self.skip_space();
                Ok(Node::Test(test))
            }
        }
    }

    fn deeper(&mut self, begin: usize) -> Result<(), ParseError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.at = begin;
            return Err(self.wrong(format!("nested deeper than {MAX_DEPTH}"), "leave out parentheses"));
        }
        Ok(())
    }

    fn test(&mut self) -> Result<Test, ParseError> {
        let begin = self.at;
        let name_len = self.rest().bytes().take_while(|byte| byte.is_ascii_lowercase() || *byte == b'_').count();
        let name = &self.rest()[..name_len];
        let after = &self.rest()[name_len..];
        let sign = SIGNS.iter().find(|(sign, _)| after.starts_with(sign));
        match (Name::find(name), sign) {
            (Some(name), Some((sign, comparison))) => {
                self.at += name_len + sign.len();
                self.field(name, *comparison, begin)
            }
            (Some(Name::Flag(flag)), None) if after.is_empty() || after.starts_with(ends_word) => {
                self.at += name_len;
                Ok(Test::Flag(flag))
            }
            // `https://…` and `std::fmt` are text.
            (None, Some((":", _))) if name_len > 0 && !after[1..].starts_with([':', '/']) => {
                let meant = match Name::closest(name) {
                    Some(meant) => format!("did you mean {meant}:?"),
                    None => format!("known: {}; or put text between quotes", Name::all()),
                };
                Err(self.wrong(format!("unknown field \"{name}\""), meant))
            }
            _ => phrase(self.value()?).map(Test::Text),
        }
    }

    fn field(&mut self, name: Name, comparison: Comparison, begin: usize) -> Result<Test, ParseError> {
        let value = self.value()?;
        let wrong = |at, message: String, hint: String| Err(ParseError { message, hint, at });
        match name {
            Name::Number(number) => match read_number(number, &value.text).filter(|_| !value.prefix) {
                Some(than) => Ok(Test::Compare(number, comparison, than)),
                None => wrong(
                    value.at,
                    format!("not a value for {}: {:?}", name.text(), value.text),
                    example(number).into(),
                ),
            },
            _ if comparison != Comparison::Equal => {
                let message = format!("{} has no order, so {} says nothing", name.text(), comparison.sign());
                wrong(begin, message, format!("{}:VALUE; duration, bytes, time and seq have an order", name.text()))
            }
            Name::Flag(flag) if value.text == "true" && !value.prefix => Ok(Test::Flag(flag)),
            Name::Flag(_) => {
                let message = format!("{} is either there or not", name.text());
                wrong(value.at, message, format!("{0}, or NOT {0}", name.text()))
            }
            Name::Text(Field::Summary) => phrase(value).map(Test::Summary),
            Name::Text(_) if value.text.is_empty() && !value.prefix => {
                wrong(value.at, format!("{} has no value here", name.text()), format!("{}:VALUE", name.text()))
            }
            Name::Text(field) => Ok(Test::Is(field, Pattern { value: value.text, prefix: value.prefix })),
        }
    }

    fn value(&mut self) -> Result<Value, ParseError> {
        let at = self.at;
        if self.rest().starts_with('"') {
            let text = self.quoted()?;
            let prefix = self.rest().starts_with('*');
            self.at += usize::from(prefix);
            return Ok(Value { text, prefix, at });
        }
        let rest = self.rest();
        let word = &rest[..rest.find(|c| ends_word(c) || c == '"').unwrap_or(rest.len())];
        self.at += word.len();
        let start = word.strip_suffix('*');
        Ok(Value { text: start.unwrap_or(word).to_owned(), prefix: start.is_some(), at })
    }

    fn quoted(&mut self) -> Result<String, ParseError> {
        let mut text = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += at + 1;
                    return Ok(text);
                }
                '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
                other => text.push(other),
            }
        }
        Err(self.wrong("this quote is not closed", "end the text with \"; inside it, write \\\" for a quote"))
    }
}

/// What cannot be part of a word that is not between quotes.
fn ends_word(character: char) -> bool {
    character.is_whitespace() || matches!(character, '(' | ')')
}

fn phrase(value: Value) -> Result<Phrase, ParseError> {
    Phrase::new(value.text, value.prefix).ok_or_else(|| ParseError {
        message: "no letters or digits to search for".into(),
        hint: "leave it out".into(),
        at: value.at,
    })
}

/// In the unit of [`Number::of`].
fn read_number(number: Number, text: &str) -> Option<u64> {
    match number {
        Number::Time => read_time(text),
        Number::Duration => {
            scaled(text, &[("us", 1), ("ms", 1_000), ("s", 1_000_000), ("m", 60_000_000), ("h", 3_600_000_000)])
        }
        Number::Bytes => scaled(text, &[("k", 1 << 10), ("M", 1 << 20), ("", 1)]),
        Number::Seq | Number::HookUs | Number::DeliveryUs | Number::Redacted => text.parse().ok(),
    }
}

/// A number, perhaps with decimals, and one of these units.
fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
    let (amount, unit) = text.split_at(digits);
    let (_, scale) = units.iter().find(|(known, _)| *known == unit)?;
    if let Ok(whole) = amount.parse::<u64>() {
        return whole.checked_mul(*scale);
    }
    let amount: f64 = amount.parse().ok()?;
    Some((amount * *scale as f64).round() as u64)
}

/// A moment, or the beginning of a day in UTC; nanoseconds since the Unix epoch.
fn read_time(text: &str) -> Option<u64> {
    let moment = text.parse::<Timestamp>().ok().or_else(|| {
        text.parse::<Date>().ok()?.at(0, 0, 0, 0).to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    u64::try_from(moment.as_nanosecond()).ok()
}

fn example(number: Number) -> &'static str {
    match number {
        Number::Time => "e.g. time>2026-11-22 or time>2026-11-22T02:00:00Z",
        Number::Duration => "a number with us, ms, s, m or h, e.g. duration>2s",
        Number::Bytes => "e.g. bytes>10k or bytes>1M",
        Number::HookUs | Number::DeliveryUs => "a number of microseconds, e.g. hook_us>500",
        Number::Seq | Number::Redacted => "a whole number, e.g. seq>100",
    }
}
