//! How words are compared: without case, accents and punctuation.
//!
//! A text is folded once into its words with one space before, between and after them. A phrase is folded the same way,
//! and then looking for it is looking for bytes. The same folded text is what an index is built from, so what matches
//! live is what is found later.

use unicode_normalization::char::{decompose_compatible, is_combining_mark};

/// A longer word, of an encoded blob most likely, is cut off here.
const MAX_WORD_BYTES: usize = 64;

/// Words as they are compared: `" cargo test "`. Empty if there are none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Folded {
    text: String,
    /// Bytes of the word that is being written.
    word: usize,
}

impl Folded {
    /// The words of one text.
    pub(super) fn of(text: &str) -> Self {
        let mut folded = Self::default();
        folded.push(text.chars());
        folded
    }

    /// Appends the words of a text. Words never run on from one text into the next.
    pub(super) fn push(&mut self, characters: impl IntoIterator<Item = char>) {
        for character in characters {
            self.push_one(character);
        }
        self.end_word();
    }

    fn push_one(&mut self, character: char) {
        if character.is_ascii() {
            if character.is_ascii_alphanumeric() {
                self.write(character.to_ascii_lowercase());
            } else {
                self.end_word();
            }
        } else if stands_alone(character) {
            // Written without spaces: each character is a word, and a word of several is a phrase.
            self.end_word();
            self.write(character);
            self.end_word();
        } else {
            decompose_compatible(character, |part| {
                if part.is_alphanumeric() {
                    part.to_lowercase().filter(|low| low.is_alphanumeric()).for_each(|low| self.write(low));
                } else if !is_combining_mark(part) {
                    self.end_word();
                }
            });
        }
    }

    fn write(&mut self, character: char) {
        if self.word + character.len_utf8() > MAX_WORD_BYTES {
            return;
        }
        if self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push(character);
        self.word += character.len_utf8();
    }

    fn end_word(&mut self) {
        if std::mem::take(&mut self.word) > 0 {
            self.text.push(' ');
        }
    }

    /// A term of an index that is no word; see [`super::terms`].
    pub(super) fn push_term(&mut self, term: &str) {
        if self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(term);
        self.text.push(' ');
    }

    /// Whether the words of `other` stand in this, next to each other. With `prefix`, the last may go on.
    pub(super) fn contains(&self, other: &Self, prefix: bool) -> bool {
        let wanted = if prefix { other.text.strip_suffix(' ').unwrap_or_default() } else { &other.text };
        memchr::memmem::find(self.text.as_bytes(), wanted.as_bytes()).is_some()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        self.text.split_ascii_whitespace()
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// Chinese, Japanese, Korean, and what else is written without spaces and has no case.
fn stands_alone(character: char) -> bool {
    matches!(character,
        '\u{0E01}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{1780}'..='\u{17FF}' | '\u{2E80}'..='\u{2FFF}'
        | '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}'
        | '\u{20000}'..='\u{3FFFF}')
        && character.is_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::Folded;

    fn check(text: &str, expect: &str) {
        assert_eq!(Folded::of(text).into_text(), expect, "{text:?}");
    }

    #[test]
    fn words_lose_case_accents_and_punctuation() {
        check("Cargo  test\n--all", " cargo test all ");
        check("src/snake_case.rs:12", " src snake case rs 12 ");
        check("Crème BRÛLÉE", " creme brulee ");
        check("cafe\u{301}s", " cafes ");
        check("ﬁne ＦＵＬＬ", " fine full ");
        check("ΣΊΣΥΦΟΣ", " σισυφοσ ");
        check("...", "");
        check("", "");
        check("日本語のテスト ok", " 日 本 語 の テ ス ト ok ");
        check(&"x".repeat(100), &format!(" {} ", "x".repeat(64)));
    }

    #[test]
    fn phrases_match_whole_words() {
        let text = Folded::of("run cargo test --all");
        let has = |phrase: &str, prefix| text.contains(&Folded::of(phrase), prefix);
        assert!(has("CARGO-test", false));
        assert!(!has("cargo tes", false));
        assert!(has("cargo tes", true));
        assert!(!has("test cargo", false));
        assert!(!has("argo", false));
        assert!(has("all", true));
    }
}
