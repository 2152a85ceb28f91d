//! Events as rows of a table (RFC 4180).

use tailhook_core::Envelope;

use super::super::text::plain;

const COLUMNS: [&str; 17] = [
    "seq",
    "timestamp",
    "type",
    "session_id",
    "agent",
    "tool_name",
    "tool_use_id",
    "agent_id",
    "cwd",
    "summary",
    "reason",
    "duration_ms",
    "failed",
    "truncated",
    "bytes",
    "hook_us",
    "delivery_us",
];

/// The names of the columns.
pub(super) fn head(payload: bool) -> String {
    let names = COLUMNS.into_iter().chain(payload.then_some("payload"));
    line(names.map(str::to_owned))
}

/// One event. `plain`: without control characters.
pub(super) fn row(envelope: &Envelope, payload: bool, plain: bool) -> String {
    let data = &envelope.data;
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let mut cells = vec![
        envelope.seq.to_string(),
        envelope.timestamp.clone(),
        envelope.kind.to_string(),
        envelope.session_id.clone(),
        envelope.agent.to_string(),
        data.tool_name.as_deref().unwrap_or_default().to_owned(),
        text(&data.tool_use_id),
        text(&data.agent_id),
        text(&data.cwd),
        data.summary.clone(),
        text(&data.reason),
        data.duration_ms.map(|ms| ms.to_string()).unwrap_or_default(),
        data.failed.to_string(),
        data.truncated.to_string(),
        data.bytes.to_string(),
        data.hook_us.to_string(),
        data.delivery_us.to_string(),
    ];
    if payload {
        cells.push(envelope.payload.as_ref().map(|payload| payload.get().to_owned()).unwrap_or_default());
    }
    line(cells.into_iter().map(|text| if plain { self::plain(&text) } else { text }))
}

fn line(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<_> = cells.map(|text| cell(&text)).collect();
    format!("{}\r\n", cells.join(","))
}

/// A cell that a spreadsheet would take for a formula gets a quote in front of it: event text is never code.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if text.contains(['"', ',', '\r', '\n']) {
        return format!("\"{guard}{}\"", text.replace('"', "\"\""));
    }
    format!("{guard}{text}")
}

#[cfg(test)]
mod tests {
    use tailhook_core::event::EventData;

    use super::*;

    #[test]
    fn cells() {
        for (text, expected) in [
            ("", ""),
            ("plain text", "plain text"),
            ("a,b", "\"a,b\""),
            ("say \"hi\"", "\"say \"\"hi\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            ("=1+1", "'=1+1"),
            ("+a", "'+a"),
            ("-a", "'-a"),
            ("@a,b", "\"'@a,b\""),
            ("\tx", "'\tx"),
            ("a=b", "a=b"),
        ] {
            assert_eq!(cell(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_row_has_a_cell_for_each_column() {
        let envelope = Envelope {
            kind: "hook.stop".into(),
            timestamp: "2026-11-22T02:00:00.123456Z".into(),
            seq: 7,
            session_id: "s".into(),
            agent: "claude-code".into(),
            data: EventData { summary: "\x1b[2J".into(), duration_ms: Some(3), ..EventData::default() },
            payload: None,
        };
        let row = row(&envelope, true, true);
        assert_eq!(
            row,
            "7,2026-11-22T02:00:00.123456Z,hook.stop,s,claude-code,,,,,\u{fffd}[2J,,3,false,false,0,0,0,\r\n"
        );
        assert_eq!(row.matches(',').count(), head(true).matches(',').count());
        assert_eq!(head(false).matches(',').count(), COLUMNS.len() - 1);
    }
}
