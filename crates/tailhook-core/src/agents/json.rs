//! A payload's fields without a tree: each value stays the raw JSON text it came as and is read only when asked for.
//!
//! A payload may hold a megabyte of file content in a field nobody looks at. One pass of `serde_json` finds where each
//! field begins and ends; strings are decoded character by character, so a summary reads no more than it shows. A value
//! of an unexpected type is simply not there, which is what makes parsing unable to fail.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// One JSON value as raw text without surrounding white space.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Value<'a>(&'a str);

impl<'a> Value<'a> {
    /// The JSON as it came.
    pub(crate) fn raw(self) -> &'a str {
        self.0
    }

    /// The characters of a string; `None` for anything else.
    pub(crate) fn characters(self) -> Option<Characters<'a>> {
        let rest = self.0.strip_prefix('"')?.strip_suffix('"')?;
        Some(Characters { rest })
    }

    /// A string, cut after `max_chars`.
    pub(crate) fn text(self, max_chars: usize) -> Option<String> {
        self.look(max_chars).map(Cow::into_owned)
    }

    /// The same, where it stands if it can be read there.
    pub(crate) fn look(self, max_chars: usize) -> Option<Cow<'a, str>> {
        let characters = self.characters()?;
        let raw = characters.rest;
        if raw.len() <= max_chars && memchr::memchr(b'\\', raw.as_bytes()).is_none() {
            return Some(Cow::Borrowed(raw));
        }
        Some(characters.take(max_chars).collect::<String>().into())
    }

    /// A whole number, also where it is written as `12.0`.
    pub(crate) fn number(self) -> Option<u64> {
        let digits = self.0.split_once('.').map_or(self.0, |(whole, _)| whole);
        digits.parse().ok()
    }

    pub(crate) fn is_true(self) -> bool {
        self.0 == "true"
    }

    /// The fields of an object; none for anything else.
    pub(crate) fn object(self) -> Fields<'a> {
        Fields::read(self.0).0
    }

    /// The elements of an array; none for anything else.
    pub(crate) fn items(self) -> Vec<Value<'a>> {
        let mut items = Vec::new();
        // An error leaves what was read so far.
        let _ = serde_json::Deserializer::from_str(self.0).deserialize_seq(IntoItems(&mut items));
        items
    }

    pub(crate) fn is_list(self) -> bool {
        self.0.starts_with('[')
    }

    /// Anything but `null`.
    fn is_present(self) -> bool {
        self.0 != "null"
    }
}

/// The fields of one object, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct Fields<'a> {
    entries: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Fields<'a> {
    /// Reads one object. `false` if the text is not exactly one JSON object; what stands before the fault is kept, so
    /// the first fields of a payload that was cut off are there.
    pub(crate) fn read(text: &'a str) -> (Self, bool) {
        let mut fields = Self { entries: Vec::with_capacity(16) };
        let mut reader = serde_json::Deserializer::from_str(text);
        let whole = reader.deserialize_map(IntoFields(&mut fields.entries)).is_ok() && reader.end().is_ok();
        (fields, whole)
    }

    /// The value of a field; the last one if it is there twice, and none for `null`.
    pub(crate) fn get(&self, name: &str) -> Option<Value<'a>> {
        let (_, value) = self.entries.iter().rev().find(|(key, _)| key == name)?;
        value.is_present().then_some(*value)
    }

    /// Gives a value a name that others know it by, unless there is such a field.
    pub(crate) fn alias(&mut self, name: &'static str, value: Value<'a>) {
        if self.get(name).is_none() {
            self.entries.push((Cow::Borrowed(name), value));
        }
    }

    /// The first of these fields that is there.
    pub(crate) fn first_of(&self, names: &[&str]) -> Option<Value<'a>> {
        names.iter().find_map(|name| self.get(name))
    }

    /// A string field, cut after `max_chars`.
    pub(crate) fn text(&self, name: &str, max_chars: usize) -> Option<String> {
        self.get(name)?.text(max_chars)
    }

    /// The values of all fields, in the order they came.
    pub(crate) fn values(&self) -> impl Iterator<Item = Value<'a>> {
        self.entries.iter().map(|(_, value)| *value)
    }
}

struct IntoFields<'s, 'a>(&'s mut Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Visitor<'a> for IntoFields<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            let value: &'a RawValue = map.next_value()?;
            self.0.push((key, Value(value.get())));
        }
        Ok(())
    }
}

struct IntoItems<'s, 'a>(&'s mut Vec<Value<'a>>);

impl<'a> Visitor<'a> for IntoItems<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(value) = seq.next_element::<&'a RawValue>()? {
            self.0.push(Value(value.get()));
        }
        Ok(())
    }
}

/// A key that borrows where it holds no escape, which `Cow` alone does not do in serde.
struct Key;

impl<'a> DeserializeSeed<'a> for Key {
    type Value = Cow<'a, str>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Key {
    type Value = Cow<'a, str>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'a str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Decodes a JSON string one character at a time. A lone surrogate, which JSON allows and Rust does not, is U+FFFD.
#[derive(Debug, Clone)]
pub(crate) struct Characters<'a> {
    rest: &'a str,
}

impl<'a> Characters<'a> {
    /// Of what stands between the quotes.
    pub(crate) fn new(string: &'a str) -> Self {
        Self { rest: string }
    }

    fn code_unit(&mut self) -> Option<u32> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        u32::from_str_radix(digits, 16).ok()
    }

    fn code_point(&mut self) -> Option<char> {
        let unit = self.code_unit()?;
        if !(0xD800..0xDC00).contains(&unit) {
            return char::from_u32(unit);
        }
        let after_high = self.rest;
        self.rest = self.rest.strip_prefix("\\u")?;
        if let Some(low @ 0xDC00..0xE000) = self.code_unit() {
            return char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + (low - 0xDC00));
        }
        self.rest = after_high;
        None
    }
}

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let character = characters.next()?;
        if character != '\\' {
            self.rest = characters.as_str();
            return Some(character);
        }
        let escape = characters.next()?;
        self.rest = characters.as_str();
        Some(match escape {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            'u' => self.code_point().unwrap_or(char::REPLACEMENT_CHARACTER),
            other => other,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Fields;

    fn check(json: &str, expect: &str) {
        let json = format!("{{\"a\":{json}}}");
        let (fields, whole) = Fields::read(&json);
        assert!(whole, "{json}");
        assert_eq!(fields.text("a", 1000).as_deref(), Some(expect), "{json}");
    }

    #[test]
    fn strings_decode_as_json_says() {
        check(r#""plain""#, "plain");
        check(r#""q\"b\\s\/n\nt\t""#, "q\"b\\s/n\nt\t");
        check(r#""\u00e9\ud83d\ude80\u0000""#, "é🚀\0");
    }

    #[test]
    fn strings_are_cut_after_so_many_characters() {
        for (json, expect) in [(r#""abc""#, "abc"), (r#""abcd""#, "abc"), (r#""äöüß""#, "äöü"), (r#""a\nbcd""#, "a\nb")]
        {
            let json = format!("{{\"a\":{json}}}");
            assert_eq!(Fields::read(&json).0.text("a", 3).as_deref(), Some(expect), "{json}");
        }
    }

    #[test]
    fn lone_surrogates_do_no_harm() {
        check(r#""\ud83d!""#, "\u{fffd}!");
        check(r#""\ud83d\u0041""#, "\u{fffd}A");
        check(r#""\ude80""#, "\u{fffd}");
    }

    #[test]
    fn the_head_of_a_cut_off_object_is_kept() {
        let (fields, whole) = Fields::read(r#"{"a":"x","b":{"c":"#);
        assert!(!whole);
        assert_eq!(fields.text("a", 10).as_deref(), Some("x"));
        assert!(fields.get("b").is_none());
    }

    #[test]
    fn a_value_of_another_type_is_not_there() {
        let (fields, _) = Fields::read(r#"{"a":1,"b":null,"c":[1,{"d":2}],"e":12.0}"#);
        assert!(fields.text("a", 10).is_none());
        assert!(fields.get("b").is_none());
        assert_eq!(fields.get("c").map(|c| c.items().len()), Some(2));
        assert_eq!(fields.get("e").and_then(super::Value::number), Some(12));
    }
}
