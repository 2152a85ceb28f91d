//! A Markdown table.

use std::fmt;

/// Rows under a head; the first columns are text, the others numbers.
#[derive(Debug, Clone)]
pub struct Table {
    head: Vec<String>,
    text_columns: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Without rows yet.
    pub fn new(text_columns: usize, head: &[&str]) -> Self {
        Self { head: head.iter().map(|&name| name.to_owned()).collect(), text_columns, rows: Vec::new() }
    }

    /// Adds a row, as long as the head.
    pub fn row<const N: usize>(&mut self, cells: [String; N]) {
        debug_assert_eq!(N, self.head.len(), "a row is as long as the head");
        self.rows.push(cells.into());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = |f: &mut fmt::Formatter<'_>, cells: &[String]| writeln!(f, "| {} |", cells.join(" | "));
        line(f, &self.head)?;
        let rules = (0..self.head.len()).map(|at| if at < self.text_columns { "---" } else { "---:" });
        writeln!(f, "|{}|", rules.collect::<Vec<_>>().join("|"))?;
        self.rows.iter().try_for_each(|row| line(f, row))
    }
}

/// A time in the unit that suits it: `210 us`, `8.6 ms`, `1.20 s`.
pub fn time_text(us: f64) -> String {
    match us {
        us if us < 10.0 => format!("{us:.1} us"),
        us if us < 1_000.0 => format!("{us:.0} us"),
        us if us < 10_000.0 => format!("{:.2} ms", us / 1e3),
        us if us < 100_000.0 => format!("{:.1} ms", us / 1e3),
        us if us < 1e6 => format!("{:.0} ms", us / 1e3),
        us => format!("{:.2} s", us / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_at_the_right() {
        let mut table = Table::new(1, &["who", "p50"]);
        table.row(["us".into(), time_text(212.4)]);
        assert_eq!(table.to_string(), "| who | p50 |\n|---|---:|\n| us | 212 us |\n");
    }

    #[test]
    fn times() {
        let texts = [4.26, 212.4, 8_640.0, 86_400.0, 656_000.0, 1_200_000.0].map(time_text);
        assert_eq!(texts, ["4.3 us", "212 us", "8.64 ms", "86.4 ms", "656 ms", "1.20 s"]);
    }
}
