//! How full the journal or the spool is, against what hooks may put there.

use std::ffi::{CStr, OsStr};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use tailhook_journal::append::ACTIVE;
use tailhook_journal::frame::INLINE_BYTES;
use tailhook_journal::spill::SPILLED;

use super::super::finding::Finding;
use crate::cli::text::size;

/// What hooks compare with the cap.
#[derive(Debug)]
pub(super) struct Fill {
    /// The fuller of the active segment and the spilled payloads: each is measured by itself.
    bytes: u64,
    cap_bytes: u64,
}

impl Fill {
    pub(super) fn text(&self) -> String {
        format!("{} of {} used", size(self.bytes), size(self.cap_bytes))
    }
}

pub(super) fn measure(folder: &Path, cap_bytes: u64) -> Fill {
    let bytes = |name: &CStr| {
        fs::symlink_metadata(folder.join(OsStr::from_bytes(name.to_bytes()))).map_or(0, |metadata| metadata.len())
    };
    let spilled_bytes = bytes(SPILLED).saturating_mul(INLINE_BYTES as u64);
    Fill { bytes: bytes(ACTIVE).max(spilled_bytes), cap_bytes }
}

/// The daemon empties both as events come; where it does not, the check of the daemon says why.
pub(super) fn finding(check: &str, folder: &Path, fill: &Fill) -> Option<Finding> {
    let message = format!("{} has {}", folder.display(), fill.text());
    let is_full = fill.bytes >= fill.cap_bytes;
    let finding = if is_full && check == "spool" {
        Finding::problem(check, format!("{message}: hooks drop events"))
    } else if is_full {
        Finding::problem(check, format!("{message}: hooks use the spool on disk"))
    } else if fill.bytes >= fill.cap_bytes / 2 {
        Finding::warning(check, format!("{message}: the daemon is behind, or does not run"))
    } else {
        return None;
    };
    Some(finding.fix("tailhook restart"))
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Status;
    use super::*;

    #[test]
    fn full_is_worse_than_half_full() {
        let status = |check, bytes| {
            let fill = Fill { bytes, cap_bytes: 100 };
            finding(check, Path::new("/j"), &fill).map(|finding| (finding.status, finding.message))
        };
        assert_eq!(status("journal", 49), None);
        assert_eq!(status("journal", 50).map(|(status, _)| status), Some(Status::Warning));
        let (worst, message) = status("spool", 100).expect("a finding");
        assert_eq!((worst, message.as_str()), (Status::Problem, "/j has 100 B of 100 B used: hooks drop events"));
    }
}
