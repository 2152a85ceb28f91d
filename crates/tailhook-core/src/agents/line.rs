//! The one line that says what happened.

/// Longest summary, in characters (Unicode scalar values).
pub const MAX_SUMMARY_CHARS: usize = 200;

/// As long as most are.
const USUAL_BYTES: usize = 48;

/// Builds one line of at most [`MAX_SUMMARY_CHARS`]: runs of white space and control characters become one space,
/// marks that change the direction of text vanish (a command must not read otherwise than it runs), and what is cut
/// off shows as `…`.
#[derive(Debug, Default)]
pub(crate) struct Line {
    text: String,
    chars: usize,
    space: bool,
    full: bool,
}

impl Line {
    /// Appends characters and stops reading them once the line is full.
    pub(crate) fn push(&mut self, characters: impl IntoIterator<Item = char>) -> &mut Self {
        for character in characters {
            if self.full {
                break;
            }
            self.push_one(character);
        }
        self
    }

    /// Appends a text.
    pub(crate) fn push_str(&mut self, text: &str) -> &mut Self {
        self.push(text.chars())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    fn push_one(&mut self, character: char) {
        if character.is_whitespace() || character.is_control() {
            self.space = !self.text.is_empty();
            return;
        }
        if changes_direction(character) {
            return;
        }
        let needed = 1 + usize::from(self.space);
        if self.chars + needed > MAX_SUMMARY_CHARS {
            self.full = true;
            if self.chars == MAX_SUMMARY_CHARS {
                self.text.pop();
            }
            self.text.push('…');
            return;
        }
        if self.text.capacity() == 0 {
            self.text.reserve(USUAL_BYTES);
        }
        if std::mem::take(&mut self.space) {
            self.text.push(' ');
        }
        self.text.push(character);
        self.chars += needed;
    }
}

fn changes_direction(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200E}' | '\u{200F}' | '\u{061C}')
}

/// A text as one line.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = Line::default();
    line.push_str(text);
    line.into_text()
}

#[cfg(test)]
mod tests {
    use super::{MAX_SUMMARY_CHARS, one_line};

    #[test]
    fn white_space_and_controls_become_one_space() {
        assert_eq!(one_line("  a\r\n\t\u{1}b\u{1b}[31m \u{2028}c \0 "), "a b [31m c");
    }

    #[test]
    fn marks_of_direction_vanish() {
        assert_eq!(one_line("rm \u{202e}gpj.x\u{2066}\u{200f}"), "rm gpj.x");
    }

    #[test]
    fn long_text_ends_in_an_ellipsis() {
        assert_eq!(one_line(&"é".repeat(200)), "é".repeat(200));
        for text in ["é".repeat(201), format!("{} é", "é".repeat(199)), format!("{} é", "é".repeat(200))] {
            let line = one_line(&text);
            assert!(line.ends_with("é…"), "{line}");
            assert!(line.chars().count() <= MAX_SUMMARY_CHARS);
        }
    }
}
