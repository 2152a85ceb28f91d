//! The strict reader behind [`super::json`]: says where a text stops being JSON, and why.

use std::fmt;

use super::json::{BYTE_ORDER_MARK, Kind, Token};

/// Why a text is not JSON, and where. Lines and columns count from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SyntaxError {
    /// Line of the first character that does not fit.
    pub(crate) line: usize,
    /// Its column.
    pub(crate) column: usize,
    /// What is wrong there.
    pub(crate) problem: Problem,
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    /// Something else had to stand here.
    Expected(&'static str),
    /// A comment, which JSON does not have.
    Comment,
    /// A comma before a closing bracket or brace.
    TrailingComma,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: ", self.line, self.column)?;
        match self.problem {
            Problem::Expected(what) => write!(f, "expected {what}"),
            Problem::Comment => f.write_str("a comment, which JSON does not allow"),
            Problem::TrailingComma => f.write_str("a comma with nothing behind it, which JSON does not allow"),
        }
    }
}

impl std::error::Error for SyntaxError {}

/// Turns a text into the flat list of its values.
pub(super) struct Parser<'t> {
    text: &'t str,
    at: usize,
    tokens: Vec<Token>,
    /// Indices of the objects and arrays that we are in.
    open: Vec<usize>,
}

impl<'t> Parser<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let at = if text.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
        Self { text, at, tokens: Vec::new(), open: Vec::new() }
    }

    /// Reads the whole text.
    pub(super) fn document(mut self) -> Result<Vec<Token>, SyntaxError> {
        self.value("a value")?;
        // Each turn stands behind an opening bracket or behind a complete value.
        while let Some(&container) = self.open.last() {
            let object = self.tokens[container].kind == Kind::Object;
            let close = if object { b'}' } else { b']' };
            let empty = self.tokens.len() == container + 1;
            self.space();
            if self.peek() == Some(close) {
                self.at += 1;
                self.tokens[container].end = self.at;
                self.tokens[container].next = self.tokens.len();
                self.open.pop();
                continue;
            }
            if !empty {
                let comma = self.at;
                self.take(b',', if object { "`,` or `}`" } else { "`,` or `]`" })?;
                self.space();
                if self.peek() == Some(close) {
                    return Err(self.error(comma, Problem::TrailingComma));
                }
            }
            if object {
                self.key()?;
            }
            self.value(if object || !empty { "a value" } else { "a value or `]`" })?;
        }
        self.space();
        if self.at < self.text.len() { Err(self.unexpected("the end of the file")) } else { Ok(self.tokens) }
    }

    fn key(&mut self) -> Result<(), SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected("a key in double quotes"));
        }
        self.value("a key in double quotes")?;
        self.space();
        self.take(b':', "`:`")
    }

    /// A scalar, or the opening of an object or array.
    fn value(&mut self, expected: &'static str) -> Result<(), SyntaxError> {
        self.space();
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::String,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            Some(b't' | b'f') => Kind::Boolean,
            Some(b'n') => Kind::Null,
            _ => return Err(self.unexpected(expected)),
        };
        match kind {
            Kind::Object | Kind::Array => {
                self.open.push(self.tokens.len());
                self.at += 1;
            }
            Kind::String => self.string()?,
            Kind::Number => self.number()?,
            Kind::Boolean | Kind::Null => {
                let word = ["true", "false", "null"].into_iter().find(|word| self.text[start..].starts_with(word));
                self.at += word.ok_or_else(|| self.unexpected(expected))?.len();
            }
        }
        let next = self.tokens.len() + 1;
        self.tokens.push(Token { kind, start, end: self.at, next });
        Ok(())
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        loop {
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                None => return Err(self.unexpected("the closing quote of a string")),
                Some(..0x20) => return Err(self.unexpected("no raw line break or control character in a string")),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        let bytes = &self.text.as_bytes()[self.at + 1..];
        self.at += match bytes {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => 2,
            [b'u', a, b, c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => 6,
            _ => return Err(self.unexpected("an escape that JSON knows")),
        };
        Ok(())
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        let count = self.text.as_bytes()[self.at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        if count == 0 { Err(self.unexpected("a digit")) } else { Ok(()) }
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8, expected: &'static str) -> Result<(), SyntaxError> {
        if self.peek() != Some(byte) {
            return Err(self.unexpected(expected));
        }
        self.at += 1;
        Ok(())
    }

    fn unexpected(&self, expected: &'static str) -> SyntaxError {
        // A slash cannot start anything in JSON, so outside a string it is an attempt at a comment.
        let comment = self.peek() == Some(b'/');
        self.error(self.at, if comment { Problem::Comment } else { Problem::Expected(expected) })
    }

    fn error(&self, at: usize, problem: Problem) -> SyntaxError {
        let before = self.text[..at].trim_start_matches(BYTE_ORDER_MARK);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        SyntaxError {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            problem,
        }
    }
}
