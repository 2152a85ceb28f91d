//! The command of an entry: how it is written, and how one of ours is recognised.

use super::json::Node;

/// File name of the hook binary, without the extension that Windows adds. This is what makes an entry ours, whatever
/// folder it names: so an installation from a new place takes over the entries of the old one.
const PROGRAM: &str = "tailhook-hook";

/// How an agent wants its command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CommandForm {
    /// The path, literally, with an empty `args` beside it: the agent starts it without a shell. A client that does not
    /// know `args` runs the path through `sh -c`, which comes to the same unless the path needs quotes.
    Exec,
    /// A shell line that stays silent and succeeds when the binary is gone, for agents that stop on exit 127 or show it.
    /// The redirection is for a binary that goes, or turns out not to run here, after the test: the shell then ends with
    /// 126 or 127, which those agents take as a refusal only if something was said.
    Guarded,
    /// The same for agents that expect an answer on standard output whatever happens.
    GuardedReply(&'static str),
}

/// The hook binary, by its absolute path.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Program<'p>(pub(super) &'p str);

impl Program<'_> {
    /// Whether a POSIX shell takes the path as one plain word. `$` is special to agents as well, which replace variables.
    pub(super) fn is_plain(&self) -> bool {
        self.0.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+,:@%=".contains(c))
    }

    /// As one word of a POSIX shell.
    pub(super) fn quoted(&self) -> String {
        if self.is_plain() { self.0.to_owned() } else { format!("'{}'", self.0.replace('\'', r"'\''")) }
    }
}

impl CommandForm {
    pub(super) fn write(self, program: &Program<'_>, agent: &str) -> String {
        let quoted = program.quoted();
        match self {
            Self::Exec => program.0.to_owned(),
            Self::Guarded => format!("[ -x {quoted} ] && exec {quoted} {agent} 2>/dev/null; exit 0"),
            Self::GuardedReply(reply) => {
                format!("[ -x {quoted} ] && exec {quoted} {agent} 2>/dev/null; echo '{reply}'; exit 0")
            }
        }
    }
}

/// Whether a hook entry starts our binary.
pub(super) fn is_ours(entry: Node<'_>) -> bool {
    let Some(command) = entry.member("command").and_then(Node::string) else { return false };
    // With `args` the command is a path and nothing else, so spaces and quotes are part of it.
    if entry.member("args").is_some() {
        return is_program(&command);
    }
    is_our_line(&command)
}

/// Whether a shell line starts our binary.
pub(crate) fn is_our_line(command: &str) -> bool {
    let line = command.trim_start();
    is_program(first_word(line.strip_prefix("[ -x ").unwrap_or(line)))
}

/// The program that an entry of ours starts, as a shell would understand it; whether it starts without one.
pub(super) fn program_of(entry: Node<'_>) -> Option<(String, bool)> {
    let command = entry.member("command").and_then(Node::string)?;
    if entry.member("args").is_some() {
        return Some((command, true));
    }
    let line = command.trim_start();
    Some((unquoted(first_word(line.strip_prefix("[ -x ").unwrap_or(line))), false))
}

/// A word of a shell line without its quotes and backslashes.
fn unquoted(word: &str) -> String {
    let mut text = String::new();
    let mut quote = None;
    let mut characters = word.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' if quote != Some('\'') => text.extend(characters.next()),
            '\'' | '"' if quote.is_none() => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            _ => text.push(c),
        }
    }
    text
}

/// Whether a path ends in our file name. Both separators count everywhere: settings travel between systems.
fn is_program(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path).trim_matches(['\'', '"']);
    name.strip_suffix(".exe").unwrap_or(name) == PROGRAM
}

/// The first word of a shell line, quotes and backslashes still in it.
fn first_word(line: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote != Some('\'') => escaped = true,
            '\'' | '"' if quote.is_none() => quote = Some(c),
            _ if quote == Some(c) => quote = None,
            _ if quote.is_none() && (c.is_whitespace() || ";&|()<>".contains(c)) => return &line[..at],
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::super::json::Document;
    use super::*;

    fn check(entry: &str, ours: bool) {
        let document = Document::parse(entry).unwrap();
        assert_eq!(is_ours(document.root()), ours, "{entry}");
    }

    #[test]
    fn our_binary_is_recognised_in_every_form_and_folder() {
        check(r#"{"command":"/usr/bin/tailhook-hook"}"#, true);
        check(r#"{"command":"tailhook-hook codex"}"#, true);
        check(r#"{"command":"  /a/b/tailhook-hook codex 2>/dev/null || true"}"#, true);
        check(r#"{"command":"/a/tailhook-hook;true"}"#, true);
        check(r#"{"command":"'/my tools/tailhook-hook' codex"}"#, true);
        check(r#"{"command":"\"/my tools/tailhook-hook\""}"#, true);
        check(r#"{"command":"/my\\ tools/tailhook-hook"}"#, true);
        check(r#"{"command":"/my tools/tailhook-hook","args":[]}"#, true);
        check(r#"{"command":"C:\\Tools\\tailhook-hook.exe","args":[]}"#, true);
        check(r#"{"command":"[ -x /a/tailhook-hook ] && exec /a/tailhook-hook gemini-cli; exit 0"}"#, true);
        check(r#"{"command":"\u002fa\/tailhook-hook"}"#, true);
    }

    #[test]
    fn other_commands_are_not_ours() {
        check(r#"{"command":"/usr/bin/tailhook"}"#, false);
        check(r#"{"command":"/usr/bin/tailhook-hook-wrapper"}"#, false);
        check(r#"{"command":"/usr/bin/my-tailhook-hook"}"#, false);
        check(r#"{"command":"cat /a/tailhook-hook"}"#, false);
        check(r#"{"command":"/my tools/tailhook-hook"}"#, false);
        check(r#"{"command":"echo tailhook-hook"}"#, false);
        check(r#"{"command":"/a/tailhook-hook/run"}"#, false);
        check(r#"{"command":"/bin/wrap","args":["/a/tailhook-hook"]}"#, false);
        check(r#"{"command":["/a/tailhook-hook"]}"#, false);
        check(r#"{"command":"\ud800/tailhook-hook"}"#, false);
        check(r#"{"prompt":"tailhook-hook"}"#, false);
        check(r#"["/a/tailhook-hook"]"#, false);
        check("null", false);
    }

    #[test]
    fn what_is_written_is_recognised() {
        for path in ["/a/tailhook-hook", "/my tools/tailhook-hook", "/o'neil/$x/tailhook-hook"] {
            for form in [CommandForm::Exec, CommandForm::Guarded, CommandForm::GuardedReply("{}")] {
                let command = super::super::style::quoted(&form.write(&Program(path), "agent"));
                let exec = form == CommandForm::Exec;
                let args = if exec { r#","args":[]"# } else { "" };
                let entry = format!(r#"{{"command":{command}{args}}}"#);
                check(&entry, true);
                let document = Document::parse(&entry).unwrap();
                assert_eq!(program_of(document.root()), Some((path.to_owned(), exec)), "{entry}");
            }
        }
    }
}
