//! Text for a terminal: harmless, cut and padded by the columns it takes, times and durations in few characters.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Event text is anybody's: nothing in it may steer the terminal, turn the line around or hide in it.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// The same for a message, whose lines stay lines.
pub(super) fn plain_lines(text: &str) -> String {
    text.lines().map(plain).collect::<Vec<_>>().join("\n")
}

/// On one line: line breaks and tabs become spaces, runs of spaces one.
pub(super) fn one_line(text: &str) -> String {
    plain(&text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Controls, line separators, and the marks that change the direction of what follows.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Columns of a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// At most so many columns; what is longer ends in `…`.
pub(super) fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let Some(room) = columns.checked_sub(1) else { return String::new() };
    let mut used = 0;
    let mut kept: String = text
        .chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= room
        })
        .collect();
    kept.push('…');
    kept
}

/// Exactly so many columns, from the left.
pub(super) fn fit(text: &str, columns: usize) -> String {
    let mut text = cut(text, columns);
    text.extend(std::iter::repeat_n(' ', columns.saturating_sub(text.width())));
    text
}

/// Lines of at most so many columns, broken at spaces where there are any. At least one line.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for word in text.split_inclusive(' ') {
        let wide = word.trim_end().width();
        if used > 0 && used + wide > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > columns {
                if c == ' ' {
                    continue;
                }
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += wide;
        }
    }
    lines.push(line);
    lines
}

/// Microseconds since the Unix epoch of a time as envelopes have it; 0 for anything else.
pub(super) fn micros(timestamp: &str) -> i64 {
    timestamp.parse::<Timestamp>().map_or(0, Timestamp::as_microsecond)
}

/// `14:03:59.123`, in the given zone.
pub(super) fn clock(at_us: i64, zone: &TimeZone) -> String {
    let stamp = Timestamp::from_microsecond(at_us).unwrap_or_default();
    stamp.to_zoned(zone.clone()).strftime("%H:%M:%S%.3f").to_string()
}

/// `34ms`, `1.2s`, `4m05s`, `2h07m`.
pub(super) fn duration(ms: u64) -> String {
    match ms {
        0..1_000 => format!("{ms}ms"),
        1_000..60_000 => format!("{:.1}s", ms as f64 / 1_000.0),
        60_000..3_600_000 => format!("{}m{:02}s", ms / 60_000, ms / 1_000 % 60),
        _ => format!("{}h{:02}m", ms / 3_600_000, ms / 60_000 % 60),
    }
}

/// How long something lasts already, as coarse as it is looked at: `<1m`, `4m`, `2h07m`, `3d`.
pub(super) fn elapsed(us: i64) -> String {
    let minutes = us.max(0) / 60_000_000;
    match minutes {
        0 => "<1m".into(),
        1..60 => format!("{minutes}m"),
        60..1_440 => format!("{}h{:02}m", minutes / 60, minutes % 60),
        _ => format!("{}d", minutes / 1_440),
    }
}

/// Bytes for people: `412 B`, `19 KiB`, `41 MiB`, `2.0 GiB`.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1_024 => format!("{bytes} B"),
        1_024..0x10_0000 => format!("{} KiB", bytes >> 10),
        0x10_0000..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

/// `2026-11-22 02:00`, in the given zone.
pub(super) fn minute(at_us: i64, zone: &TimeZone) -> String {
    let stamp = Timestamp::from_microsecond(at_us).unwrap_or_default();
    stamp.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// Microseconds as milliseconds in two or three digits: `0.21`, `4.3`, `120`.
pub(super) fn milliseconds(us: u64) -> String {
    let ms = us as f64 / 1_000.0;
    match us {
        0..1_000 => format!("{ms:.2}"),
        1_000..100_000 => format!("{ms:.1}"),
        _ => format!("{ms:.0}"),
    }
}

/// `mcp__server__tool` reads as `server/tool`.
pub(super) fn tool_label(tool: &str) -> String {
    match tool.strip_prefix("mcp__").and_then(|rest| rest.split_once("__")) {
        Some((server, tool)) => plain(&format!("{server}/{tool}")),
        None => plain(tool),
    }
}

/// Ids that begin with a time (UUID version 7) are alike at the start: there the end tells them apart.
pub(super) fn short_id(id: &str) -> String {
    let timed = id.len() == 36 && id.is_ascii() && id.as_bytes().get(14) == Some(&b'7');
    let part: String = if timed { id[28..].to_owned() } else { id.chars().take(8).collect() };
    plain(&part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        let hostile = "a\x1b]0;owned\x07b\r\n\u{9b}31m\u{202e}\u{2066}\u{200b}\u{feff}\u{7f}";
        for text in [plain(hostile), one_line(hostile), tool_label(hostile), short_id(hostile)] {
            assert!(!text.chars().any(steers), "{text:?}");
        }
        assert_eq!(plain_lines("a\nb\x1b[2J"), "a\nb\u{fffd}[2J");
        assert_eq!(one_line(" two\n\tlines  "), "two lines");
    }

    #[test]
    fn text_takes_the_columns_it_is_given() {
        for (text, columns, expected) in
            [("abc", 3, "abc"), ("abcd", 3, "ab…"), ("日本語", 4, "日… "), ("", 2, "  "), ("x", 0, ""), ("é", 2, "é ")]
        {
            assert_eq!(fit(text, columns), expected, "{text:?}");
            assert_eq!(width(&fit(text, columns)), columns, "{text:?}");
        }
    }

    #[test]
    fn lines_break_at_spaces_where_there_are_any() {
        assert_eq!(wrap("one two three", 8), ["one two ", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("", 3), [""]);
        assert_eq!(wrap("日本語", 4), ["日本", "語"]);
        assert!(wrap("a b  c   d", 2).iter().all(|line| width(line) <= 2));
    }

    #[test]
    fn times() {
        assert_eq!(clock(micros("2026-11-22T02:00:00.123456Z"), &TimeZone::UTC), "02:00:00.123");
        assert_eq!([0, 999, 1_234, 65_000, 7_620_000].map(duration), ["0ms", "999ms", "1.2s", "1m05s", "2h07m"]);
        assert_eq!([0, 61, 7_620, 300_000].map(|s| elapsed(s * 1_000_000)), ["<1m", "1m", "2h07m", "3d"]);
        assert_eq!([210, 4_300, 120_000].map(milliseconds), ["0.21", "4.3", "120"]);
    }

    #[test]
    fn sizes() {
        assert_eq!([412, 19 << 10, 41 << 20, 2 << 30].map(size), ["412 B", "19 KiB", "41 MiB", "2.0 GiB"]);
        assert_eq!(minute(micros("2026-11-22T02:05:59Z"), &TimeZone::UTC), "2026-11-22 02:05");
    }

    #[test]
    fn names() {
        assert_eq!(tool_label("mcp__files__read_text"), "files/read_text");
        assert_eq!(short_id("4c78a11c-06b6-4d0c-8a51-0a5b0cbd5a2e"), "4c78a11c");
        assert_eq!(short_id("01a0b1c2-d3e4-7abc-8def-0123456789ab"), "456789ab");
    }
}
