//! Bytes of the journal that were no frame, kept aside so that somebody can look into what went wrong.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use super::SharedRedaction;

/// Regions that are kept: the newest.
const MAX_FILES: usize = 32;
/// Of one region, its beginning: a header tells most.
const MAX_BYTES: usize = 128 << 10;

/// A folder of torn regions, one file each.
pub(super) struct TornFolder {
    path: PathBuf,
    redaction: SharedRedaction,
}

impl TornFolder {
    /// Made when there is something to keep.
    pub(super) fn new(path: PathBuf, redaction: SharedRedaction) -> Self {
        Self { path, redaction }
    }

    /// Keeps a region of a segment. Reading it again after a crash gives the same file. Secrets leave it like any
    /// payload: it may hold most of one.
    pub(super) fn keep(&self, segment: &str, offset: u64, region: &[u8]) {
        let kept = self.redaction.get().apply(&region[..region.len().min(MAX_BYTES)]).bytes.into_owned();
        if let Err(error) = self.write(&format!("{segment}-{offset}"), &kept) {
            tracing::warn!("could not keep torn bytes in {}: {error}", self.path.display());
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(self.path.join(name))?
            .write_all(bytes)?;
        let mut files: Vec<_> = std::fs::read_dir(&self.path)?
            .filter_map(|entry| {
                let entry = entry.ok()?;
                Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
            })
            .collect();
        files.sort();
        for (_, path) in files.iter().rev().skip(MAX_FILES) {
            std::fs::remove_file(path)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn regions_are_bounded_private_and_without_secrets() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("torn");
        let torn = TornFolder::new(path.clone(), tailhook_core::Redaction::default().into());
        for n in 0..MAX_FILES as u64 + 10 {
            torn.keep("0123456789abcdef", n, &vec![b'x'; 2 * MAX_BYTES]);
        }
        torn.keep("secret", 1, b"\x89THK {\"api_key\":\"sk-ant-REDACTED\"");
        let files: Vec<_> = std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().metadata().unwrap()).collect();
        assert_eq!(files.len(), MAX_FILES);
        assert!(files.iter().all(|file| file.len() <= MAX_BYTES as u64 && file.mode() & 0o777 == 0o600));
        let kept = String::from_utf8_lossy(&std::fs::read(path.join("secret-1")).unwrap()).into_owned();
        assert!(kept.contains("THK {\"api_key\":\"[redacted:"), "{kept}");
    }
}
