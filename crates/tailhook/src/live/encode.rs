//! What goes over the wire: JSON or MessagePack, one by one or as arrays.

use serde::Serialize;
use tailhook_core::Envelope;

use super::frame::{First, Framed};

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON text.
    Json,
    /// MessagePack, structs as maps: the same shape as the JSON.
    MessagePack,
}

/// What one message of a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One envelope.
    Single,
    /// An array of envelopes.
    Batches(Form),
}

impl Shape {
    /// How many there are, and this one's number.
    pub(super) const COUNT: usize = 3;

    pub(super) fn number(self) -> usize {
        match self {
            Self::Single => 0,
            Self::Batches(form) => 1 + form as usize,
        }
    }

    /// How envelopes are written.
    pub(crate) fn form(self) -> Form {
        match self {
            Self::Single => Form::Json,
            Self::Batches(form) => form,
        }
    }
}

impl Form {
    /// The first byte of its frames.
    pub(crate) fn first(self) -> u8 {
        match self {
            Self::Json => First::Text as u8,
            Self::MessagePack => First::Binary as u8,
        }
    }
}

/// About an envelope without its payload.
const ENVELOPE_BYTES: usize = 640;
/// About the same without its `data`.
const HEAD_BYTES: usize = 240;

/// Writes one message.
pub(crate) fn encode<T: Serialize>(form: Form, value: &T) -> Framed {
    // Strings, numbers and maps with string keys: nothing that either form could not hold.
    Framed::build(form.first(), ENVELOPE_BYTES, |bytes| match form {
        Form::Json => {
            let _ = serde_json::to_writer(bytes, value);
        }
        // By way of a tree: a payload is raw JSON inside the envelope, which only a JSON writer can copy as it is.
        Form::MessagePack => {
            let tree = serde_json::to_value(value).or_else(|_| whole_surrogates(value)).unwrap_or_default();
            let _ = rmp_serde::encode::write_named(bytes, &tree);
        }
    })
}

/// The same of an envelope without payload, as JSON, whose `data` has been written already.
pub(super) fn encode_around(data: &[u8], envelope: &Envelope) -> Framed {
    Framed::build(Form::Json.first(), data.len() + HEAD_BYTES, |bytes| envelope.write_around(data, bytes))
}

/// What JSON may say and no text can hold is half of a surrogate pair; U+FFFD takes its place.
fn whole_surrogates<T: Serialize>(value: &T) -> serde_json::Result<serde_json::Value> {
    let json = serde_json::to_string(value)?;
    let mut mended = String::with_capacity(json.len());
    let mut rest = json.as_str();
    while let Some(at) = rest.find('\\') {
        mended.push_str(&rest[..at]);
        rest = &rest[at..];
        let unit = |text: &str| u16::from_str_radix(text.strip_prefix("\\u")?.get(..4)?, 16).ok();
        let taken = match (unit(rest), rest.get(6..).and_then(unit)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                mended.push_str("\\ufffd");
                rest = &rest[6..];
                continue;
            }
            (Some(_), _) => 6,
            // An escape of one character, which may itself be a backslash.
            (None, _) => 2,
        };
        mended.push_str(&rest[..taken.min(rest.len())]);
        rest = &rest[taken.min(rest.len())..];
    }
    mended.push_str(rest);
    serde_json::from_str(&mended)
}

/// An array of messages, from messages that are written already.
pub(crate) fn join<'a>(form: Form, parts: impl ExactSizeIterator<Item = &'a Framed> + Clone) -> Framed {
    let capacity = parts.clone().map(|part| part.message().len() + 1).sum();
    list(form, parts.len(), capacity, |list| {
        parts.for_each(|part| list.push(|bytes| bytes.extend_from_slice(part.message())));
    })
}

/// An array of so many messages, which `fill` writes.
pub(super) fn list(form: Form, count: usize, capacity: usize, fill: impl FnOnce(&mut List<'_>)) -> Framed {
    /// The longest header of an array, and the bracket that ends one.
    const ENDS_BYTES: usize = 5 + 1;
    Framed::build(form.first(), capacity + ENDS_BYTES, |bytes| {
        match form {
            Form::Json => bytes.push(b'['),
            // The three headers of an array: fixarray, array 16, array 32.
            Form::MessagePack => match u16::try_from(count) {
                Ok(count @ 0..16) => bytes.push(0x90 | count as u8),
                Ok(count) => {
                    bytes.push(0xdc);
                    bytes.extend_from_slice(&count.to_be_bytes());
                }
                Err(_) => {
                    bytes.push(0xdd);
                    bytes.extend_from_slice(&(count as u32).to_be_bytes());
                }
            },
        }
        fill(&mut List { form, bytes, is_first: true });
        if form == Form::Json {
            bytes.push(b']');
        }
    })
}

/// An array as it is written.
pub(super) struct List<'a> {
    form: Form,
    bytes: &'a mut Vec<u8>,
    is_first: bool,
}

impl List<'_> {
    /// The next message, which `write` appends.
    pub(super) fn push(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        if self.form == Form::Json && !std::mem::take(&mut self.is_first) {
            self.bytes.push(b',');
        }
        write(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn both_forms_say_the_same() {
        for count in [0, 1, 15, 16, 70_000] {
            let value = json!({ "type": "hook.stop", "seq": 7, "data": { "truncated": false, "summary": "ü" } });
            let wanted = Value::Array(vec![value.clone(); count]);
            let json = join(Form::Json, vec![encode(Form::Json, &value); count].iter());
            assert_eq!(serde_json::from_slice::<Value>(json.message()).expect("JSON"), wanted);
            let packed = join(Form::MessagePack, vec![encode(Form::MessagePack, &value); count].iter());
            assert_eq!(rmp_serde::from_slice::<Value>(packed.message()).expect("MessagePack"), wanted);
        }
    }

    #[test]
    fn half_a_surrogate_pair_costs_nothing_but_itself() {
        let text = r#"{"\\ud800":"\ud83d\ude00 \ud800 \\ud800 \udc00\n \u00fc","n":[1]}"#;
        let raw: Box<serde_json::value::RawValue> = serde_json::from_str(text).expect("JSON");
        let packed = encode(Form::MessagePack, &raw);
        let value: Value = rmp_serde::from_slice(packed.message()).expect("MessagePack");
        assert_eq!(value, json!({ "\\ud800": "😀 \u{fffd} \\ud800 \u{fffd}\n ü", "n": [1] }));
    }
}
