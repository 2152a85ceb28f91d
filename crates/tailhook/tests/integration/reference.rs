//! What is written about the program is what the program does: reference, manual pages, completions.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{Home, text};
use crate::terminal::Terminal;

/// A folder with what `tailhook generate WHAT` wrote.
fn generated(what: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let output = Home::new().run(&["generate", what, folder.path().to_str().expect("UTF-8")]);
    assert!(output.status.success(), "{output:?}");
    folder
}

#[test]
fn the_reference_is_what_the_program_says() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let folder = generated("reference");
    let mut pages = 0;
    for page in fs::read_dir(folder.path()).expect("the reference") {
        let name = page.expect("a page").file_name();
        let new = fs::read_to_string(folder.path().join(&name)).expect("a page");
        let old = fs::read_to_string(kept.join(&name)).unwrap_or_default();
        assert!(old == new, "docs/reference/{} is no longer true: make reference writes it again", name.display());
        pages += 1;
    }
    assert_eq!(fs::read_dir(kept).expect("docs/reference").count(), pages);
}

#[test]
fn every_variable_that_is_read_is_in_the_reference() {
    let page = include_str!("../../../../docs/reference/environment.md");
    let sources = ["tailhook/src", "tailhook-hook/src", "tailhook-journal/src"];
    let mut seen = 0;
    for folder in sources.map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)) {
        for source in files(&folder) {
            let source = fs::read_to_string(source).unwrap_or_default();
            for (at, _) in source.match_indices("TAILHOOK_") {
                let is_name = |c: &char| c.is_ascii_uppercase() || *c == '_';
                let name: String = source[at..].chars().take_while(is_name).collect();
                let name = name.trim_end_matches('_');
                assert!(page.contains(name) || name == "TAILHOOK", "{name} is not in config/variable.rs");
                seen += 1;
            }
        }
    }
    assert!(seen > 10);
}

fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        if entry.path().is_dir() { found.extend(files(&entry.path())) } else { found.push(entry.path()) }
    }
    found
}

#[test]
fn manual_pages_are_well_formed() {
    let folder = generated("man");
    let pages: Vec<_> = fs::read_dir(folder.path()).expect("pages").flatten().map(|page| page.path()).collect();
    assert!(pages.iter().any(|page| page.ends_with("tailhook-watch.1")), "{pages:?}");
    assert!(!pages.iter().any(|page| page.ends_with("tailhook-supervise.1")), "hidden commands have none: {pages:?}");
    let lint = Command::new("mandoc").args(["-T", "lint", "-W", "error"]).args(&pages).output();
    let lint = lint.expect("no mandoc: sh packaging/setup.sh test");
    assert!(lint.status.success(), "{}", text(&lint.stdout));
    let shown = Command::new("man").arg("-l").arg(folder.path().join("tailhook.1")).env("MANPAGER", "cat").output();
    let shown = shown.expect("no man: sh packaging/setup.sh test");
    let shown = text(&shown.stdout);
    for heading in ["NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
        assert!(shown.contains(heading), "{heading} in\n{shown}");
    }
}

#[test]
fn bash_completes() {
    let folder = generated("completions");
    for (words, expected) in [("wat", "watch"), ("sup", ""), ("install co", "codex copilot"), ("tail --si", "--since")]
    {
        let script = "source \"$1/tailhook\"; COMP_WORDS=(tailhook $2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); \
                      _tailhook tailhook \"${COMP_WORDS[-1]}\" \"${COMP_WORDS[-2]}\"; echo \"${COMPREPLY[@]}\"";
        let mut bash = Command::new("bash");
        let output = bash.args(["--norc", "-c", script, "-"]).arg(folder.path()).arg(words).output().expect("bash");
        assert_eq!((text(&output.stdout).trim(), text(&output.stderr).as_str()), (expected, ""), "{words}");
    }
}

#[test]
fn fish_completes() {
    let folder = generated("completions");
    let home = tempfile::tempdir().expect("a home");
    for (words, expected) in [("wat", "watch\t"), ("sup", ""), ("install cod", "codex"), ("tail --si", "--since\t")] {
        let script = format!("source {}/tailhook.fish; complete -C 'tailhook {words}'", folder.path().display());
        let output = Command::new("fish").args(["--no-config", "-c", &script]).env("HOME", home.path()).output();
        let output = output.expect("no fish: sh packaging/setup.sh test");
        let said = text(&output.stdout);
        assert!(if expected.is_empty() { said.is_empty() } else { said.starts_with(expected) }, "{words}: {output:?}");
        assert_eq!(text(&output.stderr), "");
    }
}

#[test]
fn zsh_completes() {
    let folder = generated("completions");
    let script = folder.path().join("run");
    let lines = format!(
        "cd {0}\nexport ZDOTDIR={0}\necho 'fpath=({0} $fpath); autoload -U compinit; compinit -u -D; PS1=\"ready> \"' >.zshrc\nexec zsh -i\n",
        folder.path().display()
    );
    fs::write(&script, lines).expect("a script");
    let terminal = Terminal::run(&format!("sh {}", script.display()));
    terminal.wait_for("ready>");
    terminal.press(&["-l", "tailhook wat"]);
    terminal.press(&["Tab"]);
    terminal.wait_for("tailhook watch");
}
