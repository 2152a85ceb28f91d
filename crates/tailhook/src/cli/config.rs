//! `tailhook config`: every setting as it was typed and what became of it.

use serde_json::json;

use super::commands::print_json;
use super::exit::Failure;
use super::print::say;
use super::text::{plain, width};
use crate::config::{Row, Settings};

/// Longer values, which are paths, push what stands behind them to the right instead of all the others.
const MAX_VALUE_COLUMNS: usize = 32;

pub(super) fn config(settings: &Settings, json: bool) -> Result<(), Failure> {
    let rows = settings.rows();
    if json {
        let object: serde_json::Map<_, _> = rows.into_iter().map(|row| (row.name.to_owned(), as_json(row))).collect();
        return print_json(&object);
    }
    let cells: Vec<_> = rows.iter().map(cells).collect();
    let head = ["setting", "value", "from", "as typed"].map(str::to_owned);
    let all = || std::iter::once(&head).chain(&cells);
    let widest = |column: usize, most: usize| {
        all().map(|cells| width(&cells[column])).filter(|width| *width <= most).max().unwrap_or(0)
    };
    let widths = [widest(0, usize::MAX), widest(1, MAX_VALUE_COLUMNS), widest(2, usize::MAX)];
    for [cells @ .., typed] in all() {
        let mut line = String::new();
        for (cell, columns) in cells.iter().zip(widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(cell)) + 2));
        }
        say((line + typed).trim_end())?;
    }
    Ok(())
}

fn cells(row: &Row) -> [String; 4] {
    let (from, typed) = row.typed.clone().unwrap_or_else(|| (row.source.to_string(), String::new()));
    // A list may take several lines.
    let typed = typed.lines().map(str::trim).collect::<Vec<_>>().join(" ");
    [row.name.into(), plain(&row.text()), from, plain(&typed)]
}

fn as_json(row: Row) -> serde_json::Value {
    let mut object = json!({ "value": row.value, "source": row.source });
    if let Some((from, typed)) = row.typed {
        object["from"] = from.into();
        if !typed.is_empty() {
            object["typed"] = typed.into();
        }
    }
    object
}

pub(super) fn init_config() -> Result<(), Failure> {
    let file = Settings::init()?;
    say(&format!("wrote {}", file.display()))
}
