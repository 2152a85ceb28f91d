//! What goes over the wire: JSON or MessagePack, one by one or as arrays.

use axum::body::Bytes;
use serde::Serialize;

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// JSON text.
    Json,
    /// MessagePack, structs as maps: the same shape as the JSON.
    MessagePack,
}

/// One message, shared by all who get it.
pub(crate) type Encoded = Bytes;

/// Writes one message.
pub(crate) fn encode<T: Serialize>(form: Form, value: &T) -> Encoded {
    // Strings, numbers and maps with string keys: nothing that either form could not hold.
    match form {
        Form::Json => serde_json::to_vec(value).unwrap_or_default().into(),
        // By way of a tree: a payload is raw JSON inside the envelope, which only a JSON writer can copy as it is.
        Form::MessagePack => {
            let tree = serde_json::to_value(value).unwrap_or_default();
            rmp_serde::to_vec_named(&tree).unwrap_or_default().into()
        }
    }
}

/// An array of messages, from messages that are written already.
pub(crate) fn join(form: Form, parts: &[Encoded]) -> Encoded {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len() + 1).sum::<usize>() + 5);
    match form {
        Form::Json => {
            bytes.push(b'[');
            for (n, part) in parts.iter().enumerate() {
                if n > 0 {
                    bytes.push(b',');
                }
                bytes.extend_from_slice(part);
            }
            bytes.push(b']');
        }
        Form::MessagePack => {
            // The three headers of an array: fixarray, array 16, array 32.
            match u16::try_from(parts.len()) {
                Ok(count @ 0..16) => bytes.push(0x90 | count as u8),
                Ok(count) => {
                    bytes.push(0xdc);
                    bytes.extend_from_slice(&count.to_be_bytes());
                }
                Err(_) => {
                    bytes.push(0xdd);
                    bytes.extend_from_slice(&(parts.len() as u32).to_be_bytes());
                }
            }
            for part in parts {
                bytes.extend_from_slice(part);
            }
        }
    }
    bytes.into()
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
            let json = join(Form::Json, &vec![encode(Form::Json, &value); count]);
            assert_eq!(serde_json::from_slice::<Value>(&json).expect("JSON"), wanted);
            let packed = join(Form::MessagePack, &vec![encode(Form::MessagePack, &value); count]);
            assert_eq!(rmp_serde::from_slice::<Value>(&packed).expect("MessagePack"), wanted);
        }
    }
}
