//! The files that a run leaves: what people read and what programs read.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde::Serialize;

/// The workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/"))
}

/// A release binary of this workspace.
pub fn binary(name: &str) -> Result<PathBuf> {
    let path = root().join("target/release").join(name);
    anyhow::ensure!(path.exists(), "{} is missing: run `make build`", path.display());
    Ok(path)
}

/// A folder on disk for what a run needs, below the build folder; made if it is missing.
pub fn work_folder(name: &str) -> Result<PathBuf> {
    let path = root().join("target/bench").join(name);
    fs::create_dir_all(&path).with_context(|| format!("could not make {}", path.display()))?;
    Ok(path)
}

/// Writes one file of the results.
pub fn write(name: &str, content: &str) -> Result<()> {
    let path = path(name);
    fs::create_dir_all(path.parent().unwrap_or(&path))?;
    fs::write(&path, content).with_context(|| format!("could not write {}", path.display()))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// Writes one file of the results as JSON.
pub fn write_json(name: &str, content: &impl Serialize) -> Result<()> {
    write(name, &(serde_json::to_string_pretty(content)? + "\n"))
}

/// Where a file of the results is.
pub fn path(name: &str) -> PathBuf {
    root().join("bench/results").join(name)
}

/// A folder on tmpfs with a name of our own, removed with all that is in it when dropped.
#[derive(Debug)]
pub struct MemoryFolder(PathBuf);

impl MemoryFolder {
    /// Makes it, for us alone: the journal refuses any other.
    pub fn new(name: &str) -> Result<Self> {
        use std::os::unix::fs::DirBuilderExt;
        let path = Path::new("/dev/shm").join(format!("tailhook-bench-{name}-{}", std::process::id()));
        fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .with_context(|| format!("could not make {}", path.display()))?;
        Ok(Self(path))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for MemoryFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
