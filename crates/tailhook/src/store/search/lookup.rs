//! Asking the index.

use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use rusqlite::Connection;
use tailhook_core::filter::Candidates;

use super::{belongs_to, meta, open_index, path_of, shard_of};

/// Numbers of events strictly between these, in this direction.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Bounds {
    pub(in crate::store) after: u64,
    pub(in crate::store) before: u64,
    pub(in crate::store) forward: bool,
}

/// The index as it is at one moment, open for reading.
pub(in crate::store) struct Lookup {
    index: Connection,
    file: Option<(u64, u64)>,
    /// Events up to this one are in it.
    pub(in crate::store) indexed: u64,
}

impl Lookup {
    /// Opens the index of a store. None: there is none yet, or one of another store.
    pub(in crate::store) fn open(store: &Path, identity: i64) -> Option<Self> {
        let file = file_of(store);
        let index = open_index(store, false).ok()?;
        belongs_to(&index, identity).ok()?.then_some(Self { index, file, indexed: 0 })
    }

    /// Whether it is still the one that lies beside the store: it may have been made again.
    pub(in crate::store) fn is_current(&self, store: &Path) -> bool {
        self.file == file_of(store)
    }

    /// Looks at the index as it is now, until [`Self::end`].
    pub(in crate::store) fn begin(&mut self) -> rusqlite::Result<()> {
        self.index.execute_batch("BEGIN")?;
        self.indexed = meta(&self.index, "indexed")?.and_then(|seq| seq.try_into().ok()).unwrap_or(0);
        Ok(())
    }

    /// Lets go of that moment.
    pub(in crate::store) fn end(&self) {
        // Nothing was changed, so there is nothing that could fail to be kept.
        let _ = self.index.execute_batch("ROLLBACK");
    }

    /// Hands the numbers of all candidates within the bounds to `see`, in order, until it says false.
    pub(in crate::store) fn find(
        &self,
        candidates: &Candidates,
        bounds: Bounds,
        mut see: impl FnMut(u64) -> rusqlite::Result<bool>,
    ) -> rusqlite::Result<()> {
        let last = (bounds.before - 1).min(self.indexed);
        if last <= bounds.after {
            return Ok(());
        }
        let text = written(candidates);
        let mut shards: Vec<u64> = (shard_of(bounds.after + 1)..=shard_of(last)).collect();
        if !bounds.forward {
            shards.reverse();
        }
        let order = if bounds.forward { "ASC" } else { "DESC" };
        for shard in shards {
            if !self.has_shard(shard)? {
                continue;
            }
            let mut select = self.index.prepare_cached(&format!(
                "SELECT rowid FROM words_{shard} WHERE words_{shard} MATCH ?1 AND rowid > ?2 AND rowid <= ?3 ORDER BY rowid {order}"
            ))?;
            let mut rows = select.query((&text, bounds.after, last))?;
            while let Some(row) = rows.next()? {
                if !see(row.get(0)?)? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    fn has_shard(&self, shard: u64) -> rusqlite::Result<bool> {
        self.index
            .prepare_cached("SELECT count(*) FROM sqlite_master WHERE name = ?1")?
            .query_row([format!("words_{shard}")], |row| row.get(0))
    }
}

/// What tells a file from another that has its name.
fn file_of(store: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path_of(store)).ok().map(|file| (file.dev(), file.ino()))
}

/// As the index's query language has it. Words and terms have no quotes in them.
fn written(candidates: &Candidates) -> String {
    let mut text = String::new();
    write(&mut text, candidates);
    text
}

fn write(text: &mut String, candidates: &Candidates) {
    let (parts, between) = match candidates {
        Candidates::Term(term, prefix) => {
            let _ = write!(text, "\"{term}\"{}", if *prefix { " *" } else { "" });
            return;
        }
        Candidates::All(parts) => (parts.as_slice(), " AND "),
        Candidates::Any(parts) => (parts.as_slice(), " OR "),
        Candidates::Everything => (&[][..], ""),
    };
    text.push('(');
    for (at, part) in parts.iter().enumerate() {
        text.push_str(if at > 0 { between } else { "" });
        write(text, part);
    }
    text.push(')');
}
