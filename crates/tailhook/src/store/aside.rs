//! A store that another one takes the place of: it keeps all that it has, under another name.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// Renames a store that nobody has open, and what belongs to it, to names that nothing has yet: its own and `why`. Its
/// index is made anew. Gives the new name; none: there is no store.
pub(crate) fn set_aside(store: &Path, why: &str) -> io::Result<Option<PathBuf>> {
    let named = |end: &str| {
        let mut name = store.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let mut ends = (0..1_000).map(|n| if n == 0 { format!(".{why}") } else { format!(".{why}.{n}") });
    let Some(end) = ends.find(|end| named(end).symlink_metadata().is_err()) else {
        return Err(ErrorKind::AlreadyExists.into());
    };
    let mut is_there = false;
    for part in ["-wal", "-shm", ""] {
        match fs::rename(named(part), named(&format!("{end}{part}"))) {
            Ok(()) => is_there = true,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(is_there.then(|| named(&end)))
}
