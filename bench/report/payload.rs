//! The payloads that are sent: a `Write` about to happen, with a content of the wanted length.

/// A `PreToolUse` payload of exactly `bytes` bytes; at least as long as its fixed part.
pub fn of_size(bytes: usize) -> Vec<u8> {
    let head = br#"{"session_id":"00000000-0000-4000-8000-000000000000","hook_event_name":"PreToolUse","cwd":"/home/user/project","tool_name":"Write","tool_use_id":"toolu_01","tool_input":{"file_path":"/home/user/project/text.md","content":""#;
    let tail = b"\"}}\n";
    let mut payload = head.to_vec();
    payload.resize(bytes.max(head.len() + tail.len()) - tail.len(), b'x');
    payload.extend_from_slice(tail);
    payload
}

/// As people read it.
pub fn size_text(bytes: usize) -> String {
    if bytes >= 1 << 20 { format!("{} MB", bytes >> 20) } else { format!("{} KB", bytes >> 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_json_of_that_length() {
        for bytes in [1 << 10, 32 << 10, 1 << 20] {
            let payload = of_size(bytes);
            assert_eq!(payload.len(), bytes);
            serde_json::from_slice::<serde_json::Value>(&payload).expect("valid JSON");
        }
    }
}
