//! A folder with segments: the journal, or the spool.

use std::collections::{HashMap, VecDeque};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use tailhook_journal::append::{ACTIVE, DROPPED};
use tailhook_journal::frame::INLINE_BYTES;
use tailhook_journal::spill::{SPILL_DIR, SPILLED};

use super::segment::Segment;
use super::{IngestError, spill};
use crate::store::{Batch, Position};

/// The segments of one folder, and the counts beside them.
pub(super) struct Folder {
    pub(super) path: PathBuf,
    pub(super) sealed: VecDeque<Segment>,
    pub(super) active: Option<Segment>,
    /// Removed, and still open: what they held is given back when the last that has one open closes it, which takes a
    /// while. Under load the next look has it done beside the storing.
    removed: VecDeque<Segment>,
    /// The number that the next sealed one gets.
    next_number: u64,
    is_spool: bool,
}

impl Folder {
    pub(super) fn open(path: &Path, is_spool: bool, positions: &HashMap<String, u64>) -> Result<Self, IngestError> {
        let failed = |cause| IngestError::Journal { path: path.into(), cause };
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
        let metadata = std::fs::symlink_metadata(path).map_err(failed)?;
        let ours =
            metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0;
        if !ours {
            // The hook begins nothing in such a folder either; reading it would only hide that.
            return Err(failed(std::io::Error::other("it is not a folder of ours alone (owner, mode)")));
        }
        let mut folder = Self {
            path: path.into(),
            sealed: VecDeque::new(),
            active: None,
            removed: VecDeque::new(),
            next_number: 0,
            is_spool,
        };
        let mut numbers: Vec<u64> = std::fs::read_dir(path)
            .map_err(failed)?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix("sealed-")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        for number in numbers {
            let path = folder.sealed_path(number);
            match Segment::open(&path, |id| positions.get(id).copied()) {
                Ok(mut segment) => {
                    segment.seal(path);
                    segment.spooled = is_spool;
                    folder.sealed.push_back(segment);
                }
                // Nothing of ours: it must not keep the daemon from what is.
                Err(error) => tracing::warn!("could not read {}: {error}", path.display()),
            }
            folder.next_number = number.saturating_add(1);
        }
        Ok(folder)
    }

    fn file(&self, name: &std::ffi::CStr) -> PathBuf {
        self.path.join(OsStr::from_bytes(name.to_bytes()))
    }

    fn sealed_path(&self, number: u64) -> PathBuf {
        self.path.join(format!("sealed-{number}"))
    }

    /// Where spilled payloads lie.
    pub(super) fn spill_folder(&self) -> PathBuf {
        self.file(SPILL_DIR)
    }

    /// A pass begins: opens the active segment if there is a new one, and notes how much of each there is to read, of the
    /// active one first.
    pub(super) fn look(&mut self, positions: &HashMap<String, u64>) {
        let path = self.file(ACTIVE);
        if self.active.as_ref().is_some_and(|active| !active.is_at(&path)) {
            // Somebody removed or replaced it; what can still be read of it is read.
            self.sealed.extend(self.active.take());
        }
        if self.active.is_none() {
            self.active = Segment::open(&path, |id| positions.get(id).copied()).ok();
            self.active.iter_mut().for_each(|active| active.spooled = self.is_spool);
        }
        self.all().for_each(Segment::look);
        self.removed.clear();
    }

    /// The active one first.
    pub(super) fn all(&mut self) -> impl Iterator<Item = &mut Segment> {
        self.active.iter_mut().chain(&mut self.sealed)
    }

    /// Whether a segment ends in something that is no frame.
    pub(super) fn has_tail(&self) -> bool {
        self.sealed.iter().chain(&self.active).any(Segment::has_tail)
    }

    /// How much of the active segment is stored.
    pub(super) fn active_stored(&self) -> u64 {
        self.active.as_ref().map_or(0, |active| active.stored)
    }

    /// Whether the active segment has ended for so long in something that is no frame.
    pub(super) fn active_tail_has_waited(&self, patience: Duration) -> bool {
        self.active.as_ref().is_some_and(|active| active.has_waited(patience))
    }

    /// Renames the active segment, so that the next hook makes a new one.
    pub(super) fn seal(&mut self) {
        let Some(mut active) = self.active.take() else { return };
        let path = self.sealed_path(self.next_number);
        if !active.is_at(&active.path) {
            // The name belongs to another file now.
            self.sealed.push_back(active);
            return;
        }
        if let Err(error) = std::fs::rename(&active.path, &path) {
            tracing::warn!("could not seal {}: {error}", active.path.display());
            self.active = Some(active);
            return;
        }
        active.seal(path);
        self.next_number = self.next_number.saturating_add(1);
        self.sealed.push_back(active);
    }

    /// Removes sealed segments that are stored to their end and that no hook holds.
    pub(super) fn remove_stored(&mut self, batch: &mut Batch) {
        let is_kept = |segment: &mut Segment, batch: &mut Batch| {
            if segment.size() > segment.stored {
                return true;
            }
            // One that somebody else removed or replaced has no name of its own that could be removed.
            if segment.is_at(&segment.path) {
                let claim = segment.claim();
                // A hook that had it until now may have appended to it.
                if claim.is_none() || segment.size() > segment.stored {
                    return true;
                }
                if let Err(error) = std::fs::remove_file(&segment.path) {
                    tracing::warn!("could not remove {}: {error}", segment.path.display());
                    return true;
                }
            }
            batch.positions.extend(segment.identify().map(|segment| Position { segment, offset: None }));
            false
        };
        for mut segment in std::mem::take(&mut self.sealed) {
            let to = if is_kept(&mut segment, batch) { &mut self.sealed } else { &mut self.removed };
            to.push_back(segment);
        }
    }

    /// Adds the events that hooks dropped since that was last stored. The count is a position like those of the
    /// segments, so that each drop is counted once.
    pub(super) fn count_dropped(&self, positions: &HashMap<String, u64>, batch: &mut Batch) {
        let Some(metadata) = std::fs::symlink_metadata(self.file(DROPPED)).ok().filter(Metadata::is_file) else {
            return;
        };
        let made_ns = metadata.created().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        let segment = format!("dropped-{:x}-{:x}", metadata.ino(), made_ns.map_or(0, |time| time.as_nanos()));
        let counted = positions.get(&segment).copied().unwrap_or(0);
        if metadata.len() > counted {
            batch.dropped += metadata.len() - counted;
            batch.positions.push(Position { segment, offset: Some(metadata.len()) });
        }
    }

    /// Corrects the count of spilled pieces to those that lie there.
    pub(super) fn recount_spilled(&self) {
        let piece = INLINE_BYTES as u64;
        let pieces = spill::sizes(&self.spill_folder()).map(|bytes| bytes.div_ceil(piece)).sum();
        if let Ok(file) = std::fs::File::options().write(true).open(self.file(SPILLED))
            && file.metadata().is_ok_and(|metadata| metadata.len() > pieces)
        {
            let _ = file.set_len(pieces);
        }
    }
}
