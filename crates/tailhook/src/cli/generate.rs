//! `tailhook generate`: reference, manual pages and completions, from what the program is. For the build; hidden.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use clap::{Command, CommandFactory};
use clap_complete::Shell;

use super::arguments::{Arguments, GenerateOptions, Generated};
use super::completions::script;
use super::exit::{Code, Failure};
use super::stage::Stage;
use crate::config::{KEYS, VARIABLES};

/// Columns of help in the reference.
const COLUMNS: usize = 100;

pub(super) fn generate(options: &GenerateOptions) -> Result<(), Failure> {
    fs::create_dir_all(&options.folder).map_err(|error| failed(&options.folder, &error))?;
    match options.what {
        Generated::Reference => reference(&options.folder),
        Generated::Man => man(&options.folder),
        Generated::Completions => completions(&options.folder),
    }
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::failed(format!("could not write {}: {error}", path.display()))
}

fn write(folder: &Path, name: &str, text: &[u8]) -> Result<(), Failure> {
    let path = folder.join(name);
    fs::write(&path, text).map_err(|error| failed(&path, &error))
}

fn reference(folder: &Path) -> Result<(), Failure> {
    let stage = Stage::set_up("reference")?;
    let metrics = stage.client()?.text("/metrics")?;
    for (name, text) in [
        ("commands.md", commands()),
        ("config.md", config()),
        ("environment.md", environment()),
        ("exit-codes.md", exit_codes()),
        ("metrics.md", metrics_page(&metrics)),
    ] {
        write(folder, name, text.as_bytes())?;
    }
    Ok(())
}

fn head(title: &str) -> String {
    format!("# {title}\n\n<!-- Written by `make reference`; change the code, not this. -->\n")
}

/// The visible commands, in the order of the help.
fn visible(command: &mut Command) -> impl Iterator<Item = &mut Command> {
    command.get_subcommands_mut().filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

fn commands() -> String {
    let mut text = head("Commands");
    let mut command = Arguments::command().term_width(COLUMNS).max_term_width(COLUMNS);
    command.build();
    let _ = write!(text, "\n```text\n{}\n```\n", command.render_help().to_string().trim_end());
    for command in visible(&mut command) {
        let name = command.get_name().to_owned();
        let help = command.render_long_help().to_string();
        let help = help.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        let _ = write!(text, "\n## tailhook {name}\n\n```text\n{}\n```\n", help.trim_end());
    }
    text
}

fn config() -> String {
    let mut text = head("config.toml");
    text.push_str(
        "\n`tailhook config --init` writes this file with everything explained and nothing set; `tailhook config` says where\n\
         it is, what every setting is and where that came from. A key that does not exist is refused.\n",
    );
    for key in KEYS {
        let _ = write!(text, "\n## {}\n\n{}\n\n```toml\n{}\n```\n", key.name, key.about, key.example);
        if !key.beaten_by.is_empty() {
            let _ = write!(text, "\nBeaten by `{}`.\n", key.beaten_by.join("`, `"));
        }
    }
    text
}

fn environment() -> String {
    let mut text = head("Environment");
    text.push_str("\n| variable | read by | means |\n|---|---|---|\n");
    for variable in VARIABLES {
        let _ = writeln!(text, "| `{}` | {} | {} |", variable.name, variable.reader, variable.about);
    }
    text
}

fn exit_codes() -> String {
    let mut text = head("Exit codes");
    text.push_str("\n| code | means |\n|---|---|\n| 0 | done |\n");
    for code in Code::ALL {
        let _ = writeln!(text, "| {} | {} |", code as u8, code.meaning());
    }
    text.push_str(
        "\n`tailhook-hook` always ends with 0: nothing that is wrong with tailhook is the agent's business.\n",
    );
    text
}

/// From the lines that say what a metric is.
fn metrics_page(metrics: &str) -> String {
    let mut text = head("Metrics");
    text.push_str("\n`GET /metrics`, Prometheus text, no token, nothing of what events say.\n\n| metric | kind | means |\n|---|---|---|\n");
    let kind = |name: &str| metrics.lines().find_map(|line| line.strip_prefix(&format!("# TYPE {name} ")));
    for line in metrics.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            let _ = writeln!(text, "| `{name}` | {} | {help} |", kind(name).unwrap_or_default());
        }
    }
    text
}

fn man(folder: &Path) -> Result<(), Failure> {
    let error = |error: std::io::Error| failed(folder, &error);
    clap_mangen::generate_to(Arguments::command().disable_help_subcommand(true), folder).map_err(error)?;
    for name in ["tail", "watch", "export"] {
        let path = folder.join(format!("tailhook-{name}.1"));
        let page = fs::read_to_string(&path).map_err(error)?;
        fs::write(&path, as_it_stands(&page)).map_err(error)?;
    }
    let path = folder.join("tailhook.1");
    let mut page = fs::read_to_string(&path).map_err(error)?;
    page = page.replacen(".SH EXTRA\nStart with: ", ".SH \"GETTING STARTED\"\n", 1);
    page.push_str(".SH \"EXIT STATUS\"\n.TP\n0\ndone\n");
    for code in Code::ALL {
        let _ = write!(page, ".TP\n{}\n{}\n", code as u8, roff(code.meaning()));
    }
    page.push_str(".SH ENVIRONMENT\n");
    for variable in VARIABLES {
        let _ = write!(page, ".TP\n\\fB{}\\fR\n{}\n", roff(variable.name), roff(variable.about));
    }
    page.push_str(".SH FILES\n.TP\n\\fI~/.config/tailhook/config.toml\\fR\n");
    let _ = writeln!(page, "{}", roff("settings; `tailhook config` says where it is"));
    write(folder, "tailhook.1", page.as_bytes())
}

/// The table of filters, which is an extra to the generator, keeps its lines and gets a head.
fn as_it_stands(page: &str) -> String {
    page.replacen(".SH EXTRA\nFilters:\n", ".SH FILTERS\n.nf\n", 1).replacen("\nFields: ", "\n.fi\n.PP\nFields: ", 1)
}

/// As text of a manual page.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('`', "");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

fn completions(folder: &Path) -> Result<(), Failure> {
    for (shell, name) in [(Shell::Bash, "tailhook"), (Shell::Zsh, "_tailhook"), (Shell::Fish, "tailhook.fish")] {
        write(folder, name, script(shell).as_bytes())?;
    }
    Ok(())
}
