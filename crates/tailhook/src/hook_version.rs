//! Which version a hook is. It has no time to be asked, so its version stands in its file.

use std::io;
use std::path::Path;

/// What stands before it there; a line end stands behind it. (`tailhook-hook/src/main.rs`.)
const MARK: &[u8] = b"tailhook-hook version ";
/// Longer ones are no version of ours.
const MAX_BYTES: usize = 32;

/// How the hook beside this program differs, as a sentence; none: it does not, or there is none.
pub(crate) fn skew() -> Option<String> {
    let hook = std::env::current_exe().ok()?.with_file_name("tailhook-hook");
    if !hook.is_file() {
        return None;
    }
    difference(&hook).map(|difference| format!("{} {difference}", hook.display()))
}

/// How a hook differs that was not installed with this program; continues a sentence that began with its path.
pub(crate) fn difference(hook: &Path) -> Option<String> {
    let ours = env!("CARGO_PKG_VERSION");
    let theirs = match read(hook) {
        Ok(Some(version)) if version == ours => return None,
        Ok(Some(version)) => format!("is version {version}"),
        Ok(None) => "does not say which version it is".into(),
        Err(error) => format!("could not be read for its version ({error})"),
    };
    Some(format!("{theirs}, tailhook is {ours}"))
}

/// `None`: the file does not say.
fn read(hook: &Path) -> io::Result<Option<String>> {
    Ok(find(&std::fs::read(hook)?))
}

fn find(program: &[u8]) -> Option<String> {
    // These words may stand in a program without a version behind them: in this one they do.
    memchr::memmem::find_iter(program, MARK).find_map(|at| version(&program[at + MARK.len()..]))
}

fn version(text: &[u8]) -> Option<String> {
    let end = text.iter().take(MAX_BYTES + 1).position(|byte| *byte == b'\n')?;
    let version = std::str::from_utf8(&text[..end]).ok()?;
    let known = |c: char| c.is_ascii_alphanumeric() || ".-+".contains(c);
    (version.starts_with(|c: char| c.is_ascii_digit()) && version.chars().all(known)).then(|| version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn versions_in_programs() {
        for (program, wanted) in [
            (&b"\x7fELF\0tailhook-hook version 0.1.0\n\0\0"[..], Some("0.1.0")),
            (b"tailhook-hook version 1.20.3-rc.1+x\n", Some("1.20.3-rc.1+x")),
            (b"tailhook-hook version \0\0tailhook-hook version 2.0.0\n", Some("2.0.0")),
            (b"tailhook-hook version 0.1.0", None),
            (b"tailhook-hook version \x1b[2J\n", None),
            (b"tailhook-hook version 1\x1b[2J\n", None),
            (b"tailhook-hook version 1.0.0000000000000000000000000000000000\n", None),
            (b"another program", None),
            (b"", None),
        ] {
            assert_eq!(find(program).as_deref(), wanted, "{}", String::from_utf8_lossy(program));
        }
    }
}
