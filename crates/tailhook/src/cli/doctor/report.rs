//! Findings for people, or for a script.

use serde::Serialize;

use super::finding::{Finding, Status};
use crate::cli::exit::Failure;
use crate::cli::print::{has_colours, say};

#[derive(Serialize)]
struct Report<'f> {
    /// No finding is a problem.
    ok: bool,
    findings: &'f [Finding],
}

/// Prints all of them.
pub(super) fn print(findings: &[Finding], json: bool) -> Result<(), Failure> {
    if json {
        let ok = findings.iter().all(|finding| finding.status != Status::Problem);
        let report = Report { ok, findings };
        return say(&serde_json::to_string(&report).map_err(|error| Failure::failed(error.to_string()))?);
    }
    say(&text(findings, has_colours()))
}

fn text(findings: &[Finding], colours: bool) -> String {
    let width = findings.iter().map(|finding| finding.check.len()).max().unwrap_or(0);
    let indent = " ".repeat("problem".len() + width + 4);
    let mut lines = Vec::new();
    for finding in findings {
        let message = finding.message.replace('\n', &format!("\n{indent}"));
        lines.push(format!("{}  {:<width$}  {message}", word(finding.status, colours), finding.check));
        lines.extend(finding.fix.iter().map(|fix| format!("  fix: {}", fix.replace('\n', " "))));
    }
    let count = |status| findings.iter().filter(|finding| finding.status == status).count();
    lines.push(match (count(Status::Problem), count(Status::Warning)) {
        (0, 0) => "everything is as it should be".into(),
        (problems, warnings) => format!("{}, {}", number(problems, "problem"), number(warnings, "warning")),
    });
    lines.join("\n")
}

fn word(status: Status, colours: bool) -> String {
    let word = format!("{:<7}", status.word());
    let colour = match status {
        Status::Ok => "32",
        Status::Warning => "33",
        Status::Problem => "31",
    };
    if colours { format!("\x1b[{colour}m{word}\x1b[0m") } else { word }
}

fn number(count: usize, word: &str) -> String {
    match count {
        0 => format!("no {word}s"),
        1 => format!("1 {word}"),
        _ => format!("{count} {word}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_stand_in_columns() {
        let findings = [
            Finding::ok("hook", "starts"),
            Finding::problem("claude-code.hook", "two\nlines").fix("tailhook install claude-code"),
        ];
        let expected = "\
ok       hook              starts
problem  claude-code.hook  two
                           lines
  fix: tailhook install claude-code
1 problem, no warnings";
        assert_eq!(text(&findings, false), expected);
        assert!(text(&findings, true).contains("\x1b[31mproblem\x1b[0m"));
    }
}
