//! The branch that a folder is on, read from `.git` without running git.

use std::collections::HashMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;

use rustix::fs::OFlags;
use tailhook_core::session::{Fact, Git};

use super::{Facts, Notice};

/// Of a file in `.git` no more is read; what we look for stands in its first line.
const MAX_BYTES: u64 = 4_096;
/// Folders looked through on the way up.
const MAX_DEPTH: usize = 64;
/// Longest name of a branch.
const MAX_BRANCH: usize = 256;
/// Characters of a commit where there is no branch.
const COMMIT: usize = 8;
/// Sessions whose last answer is remembered.
const MAX_SESSIONS: usize = 1_024;

/// Answers until nobody asks any more.
pub(super) fn run(notices: &Receiver<Notice>, facts: &Facts) {
    let mut last: HashMap<String, Git> = HashMap::new();
    while let Ok(notice) = notices.recv() {
        let Some(cwd) = notice.cwd else { continue };
        let found = look(Path::new(&cwd));
        if last.get(&notice.session_id) == Some(&found) {
            continue;
        }
        if last.len() >= MAX_SESSIONS {
            last.clear();
        }
        last.insert(notice.session_id.clone(), found.clone());
        facts.add(&notice.session_id, Fact { git: Some(found), process: None });
    }
}

/// Where a folder stands in git.
pub(super) fn look(cwd: &Path) -> Git {
    let found = cwd.ancestors().take(MAX_DEPTH).find_map(|top| Some((top, git_folder(top)?)));
    let Some((top, folder)) = found.filter(|_| cwd.is_absolute()) else { return Git::default() };
    Git { repository: Some(top.to_string_lossy().into_owned()), branch: branch(&folder) }
}

/// The git folder of a work tree: `.git` itself, or where the file of that name points, in worktrees and submodules.
fn git_folder(top: &Path) -> Option<PathBuf> {
    let git = top.join(".git");
    let metadata = std::fs::symlink_metadata(&git).ok()?;
    if metadata.is_dir() || metadata.is_symlink() && git.is_dir() {
        return git.join("HEAD").symlink_metadata().is_ok().then_some(git);
    }
    let line = first_line(&git)?;
    Some(top.join(line.strip_prefix("gitdir:")?.trim()))
}

fn branch(folder: &Path) -> Option<String> {
    let head = first_line(&folder.join("HEAD"))?;
    let name = match head.strip_prefix("ref:") {
        Some(reference) => reference.trim().trim_start_matches("refs/heads/").to_owned(),
        None if head.len() >= 40 && head.bytes().all(|byte| byte.is_ascii_hexdigit()) => head[..COMMIT].to_owned(),
        None => return None,
    };
    let name: String = name.chars().filter(|character| !character.is_control()).take(MAX_BRANCH).collect();
    (!name.is_empty()).then_some(name)
}

/// A pipe of that name would make us wait for a writer: it is opened without waiting, and not read.
fn first_line(path: &Path) -> Option<String> {
    let file = File::options().read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed()).open(path).ok()?;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    String::from_utf8_lossy(&bytes).lines().next().map(|line| line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: PathBuf, text: &str) {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    }

    #[test]
    fn branches_worktrees_and_lone_commits_are_read() {
        let home = tempfile::tempdir().expect("a folder");
        let (top, deep) = (home.path().join("repo"), home.path().join("repo/a/b"));
        std::fs::create_dir_all(&deep).expect("made");
        let branch = |folder: &Path| look(folder).branch;
        assert_eq!(branch(&deep), None);
        write(top.join(".git/HEAD"), "ref: refs/heads/feature/ö\n");
        assert_eq!(branch(&deep).as_deref(), Some("feature/ö"));
        assert_eq!(look(&deep).repository.as_deref(), top.to_str());
        write(top.join(".git/HEAD"), "0123456789abcdef0123456789abcdef01234567\n");
        assert_eq!(branch(&top).as_deref(), Some("01234567"));
        write(top.join(".git/worktrees/w/HEAD"), "ref: refs/heads/w\n");
        let tree = home.path().join("tree");
        write(tree.join(".git"), "gitdir: ../repo/.git/worktrees/w\n");
        assert_eq!(branch(&tree).as_deref(), Some("w"));
        assert_eq!(look(&tree).repository.as_deref(), tree.to_str());
    }

    #[test]
    fn what_is_no_repository_is_none() {
        let home = tempfile::tempdir().expect("a folder");
        let head = home.path().join(".git/HEAD");
        for text in ["", "ref: \n", "\u{1b}[31m", "ref: refs/heads/\n", "not a commit"] {
            write(head.clone(), text);
            assert_eq!(look(home.path()).branch, None, "{text:?}");
        }
        write(head.clone(), "ref: refs/heads/a\u{1b}[31m\u{7}b\n");
        assert_eq!(look(home.path()).branch.as_deref(), Some("a[31mb"));
        std::fs::remove_file(&head).expect("removed");
        rustix::fs::mkfifoat(rustix::fs::CWD, &head, rustix::fs::Mode::RUSR).expect("a pipe");
        assert_eq!(look(home.path()).branch, None);
        assert_eq!(look(Path::new("relative")), Git::default());
    }
}
