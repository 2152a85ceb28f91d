//! All segments of the journal and the spool, from their first frame to their removal.

use std::collections::HashMap;
use std::path::PathBuf;

use tailhook_core::{Event, RawEvent};
use tailhook_journal::sys;

use super::folder::Folder;
use super::limits::Limits;
use super::reading::{Gathered, REST_BYTES, Reading};
use super::segment::Segment;
use super::torn::TornFolder;
use super::{Folders, IngestError, SharedRedaction, spill};
use crate::store::{Batch, Position};

/// The journal and the spool.
pub(super) struct Segments {
    journal: Folder,
    spool: Folder,
    torn: TornFolder,
    limits: Limits,
    positions: HashMap<String, u64>,
    buffer: Vec<u8>,
    /// Room for the next batch: that of one which is stored.
    room: Vec<Event>,
    /// Where the payloads lie that a frame names.
    spill_folders: [PathBuf; 2],
    /// Spilled payloads whose hook was gone when this was listed.
    leftovers: Vec<PathBuf>,
    /// Spilled bytes that were stored since the spilled pieces were last counted.
    spilled_bytes: u64,
}

impl Segments {
    /// Opens both folders, making them where they are missing.
    pub(super) fn open(
        folders: &Folders,
        limits: Limits,
        redaction: SharedRedaction,
        positions: HashMap<String, u64>,
    ) -> Result<Self, IngestError> {
        let journal = Folder::open(&folders.journal, false, &positions)?;
        let spool = Folder::open(&folders.spool, true, &positions)?;
        let mut segments = Self {
            spill_folders: [journal.spill_folder(), spool.spill_folder()],
            journal,
            spool,
            torn: TornFolder::new(folders.torn.clone(), redaction),
            limits,
            positions,
            buffer: Vec::new(),
            room: Vec::new(),
            leftovers: Vec::new(),
            spilled_bytes: 0,
        };
        segments.look_at_spilled();
        Ok(segments)
    }

    /// The folders that hooks write to.
    pub(super) fn folders(&self) -> [PathBuf; 2] {
        [self.journal.path.clone(), self.spool.path.clone()]
    }

    /// Reads what has come, up to one batch. Everything read before is stored.
    pub(super) fn gather(&mut self, parse: impl FnMut(&RawEvent<'_>) -> Event) -> Gathered {
        let mut batch = self.empty_batch();
        self.tend(&mut batch);
        self.read(batch, parse)
    }

    /// Notes how far the journal's active segment reaches, for [`Self::gather_glanced`].
    pub(super) fn glance(&mut self) {
        self.journal.active.iter_mut().for_each(Segment::look);
    }

    /// Reads what the glance saw. Right only where a pass has left nothing to read and to tend, and nothing was appended
    /// elsewhere since, up to the glance: what the other segments hold by now is younger.
    pub(super) fn gather_glanced(&mut self, parse: impl FnMut(&RawEvent<'_>) -> Event) -> Gathered {
        let mut gathered = Gathered { batch: self.empty_batch(), ..Gathered::default() };
        self.fill(&mut gathered, None, parse);
        gathered
    }

    /// Gives back the memory that a load has taken.
    pub(super) fn rest(&mut self) {
        self.buffer.truncate(REST_BYTES);
        self.buffer.shrink_to(REST_BYTES);
        self.room = Vec::new();
    }

    #[cfg(test)]
    pub(super) fn holds_memory(&self) -> bool {
        self.buffer.capacity() > REST_BYTES || self.room.capacity() > 0
    }

    /// The same as [`Self::gather`], while the batch before is still being stored; [`Self::tend`] is to follow when it is.
    pub(super) fn read_ahead(&mut self, parse: impl FnMut(&RawEvent<'_>) -> Event) -> Gathered {
        let batch = self.empty_batch();
        self.read(batch, parse)
    }

    fn empty_batch(&mut self) -> Batch {
        Batch { events: std::mem::take(&mut self.room), ..Batch::default() }
    }

    /// What depends on how far everything is stored: removes segments, seals them, counts what hooks dropped. `batch` is
    /// the next to be stored.
    pub(super) fn tend(&mut self, batch: &mut Batch) {
        self.rotate(batch);
        if self.spilled_bytes >= self.limits.recount_bytes {
            self.look_at_spilled();
        }
        for folder in [&self.journal, &self.spool] {
            folder.count_dropped(&self.positions, batch);
        }
    }

    fn read(&mut self, batch: Batch, parse: impl FnMut(&RawEvent<'_>) -> Event) -> Gathered {
        let mut gathered = Gathered { batch, ..Gathered::default() };
        let now_ns = sys::now_ns();
        for folder in [&mut self.journal, &mut self.spool] {
            folder.look(&self.positions);
        }
        self.fill(&mut gathered, Some(now_ns), parse);
        gathered
    }

    /// Reads what each segment held when it was looked at. `others_until_ns` is from before anybody looked; none: the
    /// journal's active segment alone is read.
    fn fill(
        &mut self,
        gathered: &mut Gathered,
        others_until_ns: Option<u64>,
        parse: impl FnMut(&RawEvent<'_>) -> Event,
    ) {
        let mut reading = Reading {
            room: self.limits.batch_bytes,
            waits: false,
            limits: self.limits,
            torn: &self.torn,
            buffer: &mut self.buffer,
            spills: &self.spill_folders,
            gathered,
            parse,
        };
        let others = self.journal.sealed.iter_mut().chain(self.spool.all());
        let others = others.filter(|_| others_until_ns.is_some()).collect();
        reading.read_all(self.journal.active.as_mut(), others, others_until_ns.unwrap_or(0));
        let full = reading.room == 0;
        gathered.more |= full;
        for segment in self.journal.all().chain(self.spool.all()) {
            if segment.at > segment.stored
                && let Some(id) = segment.identify()
            {
                gathered.batch.positions.push(Position { segment: id, offset: Some(segment.at) });
            }
        }
    }

    /// Removes sealed segments that are done with, and seals active ones that are large: also under load, when there
    /// always is something left to read.
    fn rotate(&mut self, batch: &mut Batch) {
        for folder in [&mut self.journal, &mut self.spool] {
            folder.remove_stored(batch);
        }
        let Limits { rotate_bytes, max_sealed, tail_patience, .. } = self.limits;
        for folder in [&mut self.journal, &mut self.spool] {
            // Whether anybody is still writing can be asked only of a segment that no other hook finds; and what waits for
            // the answer holds up all others.
            let torn = folder.active_tail_has_waited(tail_patience);
            if torn || folder.active_stored() >= rotate_bytes && folder.sealed.len() < max_sealed {
                folder.seal();
            }
        }
        // Disks are no place for what is stored.
        let emptied = self.spool.active.as_ref().is_some_and(|active| active.stored >= active.size());
        if emptied && self.spool.active_stored() > 0 && self.spool.sealed.len() < max_sealed {
            self.spool.seal();
        }
    }

    /// Counts what lies there, and lists what nobody may ever name.
    fn look_at_spilled(&mut self) {
        self.spilled_bytes = 0;
        // An older list is kept until it is swept: what a pass has yet to refer to is not on it.
        let list = self.leftovers.is_empty();
        for folder in [&self.journal, &self.spool] {
            folder.recount_spilled();
            if list {
                self.leftovers.extend(spill::of_the_dead(&folder.spill_folder()));
            }
        }
    }

    /// Bytes that hooks have handed over and that are not stored yet, without spilled payloads.
    pub(super) fn waiting_bytes(&mut self) -> u64 {
        self.journal.all().chain(self.spool.all()).map(|segment| segment.size().saturating_sub(segment.stored)).sum()
    }

    /// The batch is stored: what it read need not be read again.
    pub(super) fn stored(&mut self, gathered: Gathered) {
        if gathered.batch.torn > 0 {
            // One that is shorter than a header has no name, and holds nothing but torn bytes.
            for segment in self.journal.all().chain(self.spool.all()) {
                if segment.identify().is_none() {
                    segment.stored = segment.at;
                }
            }
        }
        for Position { segment: id, offset } in gathered.batch.positions {
            let Some(offset) = offset else {
                self.positions.remove(&id);
                continue;
            };
            // By its name: the next batch may have been read ahead, and is not stored.
            for segment in self.journal.all().chain(self.spool.all()) {
                if segment.identify().as_ref() == Some(&id) {
                    segment.stored = offset;
                }
            }
            self.positions.insert(id, offset);
        }
        self.room = gathered.batch.events;
        self.room.clear();
        self.spilled_bytes += gathered.spilled_bytes;
        // One at a time: there is one spare file, and its zeros take as long as a hook that writes into it saves.
        let mut is_spare_there = false;
        for path in gathered.spills {
            if !is_spare_there && spill::hand_back(&self.journal.path, &path) {
                is_spare_there = true;
            } else {
                let _ = std::fs::remove_file(path);
            }
        }
    }

    /// A batch could not be stored: read it again, and what was read ahead after it.
    pub(super) fn rewind(&mut self) {
        for segment in self.journal.all().chain(self.spool.all()) {
            segment.at = segment.stored;
        }
    }

    /// Something waits that no event of the kernel will announce.
    pub(super) fn is_unsettled(&self) -> bool {
        let waits = |folder: &Folder| !folder.sealed.is_empty() || folder.has_tail();
        waits(&self.journal) || waits(&self.spool) || self.spool.active_stored() > 0
    }

    /// Removes spilled payloads of hooks that are gone. To be called after a pass that left nothing: a file that was
    /// listed before that pass and that no frame named is named by none.
    pub(super) fn sweep(&mut self) {
        if self.leftovers.is_empty() || self.is_unsettled() {
            return;
        }
        for path in self.leftovers.drain(..) {
            if std::fs::remove_file(&path).is_ok() {
                tracing::info!("removed {}: its hook is gone, and no event waits for it", path.display());
            }
        }
    }
}
