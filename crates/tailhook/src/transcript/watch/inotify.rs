//! Notices by inotify: folders are watched, not files, so that a file may come, go and be replaced.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::fs::inotify::{self, ReadFlags, WatchFlags};

use super::{Alarm, Touched};

/// How many folders above a file that is not there yet are tried for one to watch.
const MAX_CLIMB: usize = 8;

/// The kernel's notices about the files that are followed.
pub(in crate::transcript) struct Watch {
    notices: OwnedFd,
    alarm: Arc<OwnedFd>,
    /// Each file, and the number of the folder that is watched for it.
    files: HashMap<PathBuf, Option<i32>>,
    folders: HashMap<i32, PathBuf>,
}

impl Watch {
    /// Nothing is followed yet.
    pub(in crate::transcript) fn new() -> io::Result<(Self, Alarm)> {
        let notices = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let alarm = Arc::new(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?);
        let ring = Alarm(Arc::clone(&alarm));
        Ok((Self { notices, alarm, files: HashMap::new(), folders: HashMap::new() }, ring))
    }

    /// From now on this file is told of when it grows, comes or goes.
    pub(in crate::transcript) fn follow(&mut self, file: &Path) {
        let watched = self.arm(file);
        self.files.insert(file.to_owned(), watched);
    }

    /// No longer.
    pub(in crate::transcript) fn forget(&mut self, file: &Path) {
        self.files.remove(file);
        self.release();
    }

    /// Watches the file's folder, or the nearest one above it that is there: it tells when the next one comes.
    fn arm(&mut self, file: &Path) -> Option<i32> {
        for _ in 0..MAX_CLIMB {
            let (number, missing) = self.climb(file)?;
            // What came between the two looks would be announced by nobody.
            if !missing.is_some_and(Path::exists) {
                return Some(number);
            }
        }
        None
    }

    /// The watch that was made, and the folder below it that was not there.
    fn climb<'a>(&mut self, file: &'a Path) -> Option<(i32, Option<&'a Path>)> {
        let flags = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
        let mut missing = None;
        for folder in file.ancestors().skip(1).take(MAX_CLIMB) {
            match inotify::add_watch(&self.notices, folder, flags) {
                Ok(number) => {
                    self.folders.insert(number, folder.to_owned());
                    return Some((number, missing));
                }
                Err(rustix::io::Errno::NOENT) => missing = Some(folder),
                Err(error) => {
                    tracing::warn!("could not watch {}: {error}", folder.display());
                    return None;
                }
            }
        }
        None
    }

    /// Stops watching folders that no file waits in any more.
    fn release(&mut self) {
        let used: HashSet<i32> = self.files.values().copied().flatten().collect();
        for (number, _) in self.folders.extract_if(|number, _| !used.contains(number)) {
            // An error says that the folder is gone, and its watch with it.
            let _ = inotify::remove_watch(&self.notices, number);
        }
    }

    /// Sleeps until a file has changed or the alarm rings.
    pub(in crate::transcript) fn wait(&mut self) -> Touched {
        let mut waits =
            [PollFd::new(&self.notices, PollFlags::IN), PollFd::from_borrowed_fd(self.alarm.as_fd(), PollFlags::IN)];
        // An interrupted wait is a look for nothing, no more.
        let _ = poll(&mut waits, None);
        let _ = rustix::io::read(&*self.alarm, &mut [0_u8; 8]);
        self.read_notices()
    }

    fn read_notices(&mut self) -> Touched {
        let mut buffer = [const { MaybeUninit::uninit() }; 4096];
        let mut reader = inotify::Reader::new(&self.notices, &mut buffer);
        let (mut touched, mut gone, mut came, mut lost) = (Vec::new(), Vec::new(), false, false);
        while let Ok(event) = reader.next() {
            let flags = event.events();
            lost |= flags.contains(ReadFlags::QUEUE_OVERFLOW);
            came |= flags.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO);
            if flags.contains(ReadFlags::IGNORED) {
                gone.push(event.wd());
            }
            if let (Some(folder), Some(name)) = (self.folders.get(&event.wd()), event.file_name()) {
                let path = folder.join(OsStr::from_bytes(name.to_bytes()));
                if self.files.contains_key(&path) {
                    touched.push(path);
                }
            }
        }
        for number in &gone {
            self.folders.remove(number);
        }
        if came || !gone.is_empty() || lost {
            touched.extend(self.arm_again(&gone));
        }
        if lost { Touched::Any } else { Touched::These(touched) }
    }

    /// Looks whether what was waited for has come; gives the files whose folder is another now.
    fn arm_again(&mut self, gone: &[i32]) -> Vec<PathBuf> {
        let waits = |file: &Path, watched: Option<i32>| {
            watched.is_none_or(|number| {
                gone.contains(&number) || self.folders.get(&number).map(PathBuf::as_path) != file.parent()
            })
        };
        let waiting: Vec<_> =
            self.files.iter().filter(|(file, watched)| waits(file, **watched)).map(|(file, _)| file.clone()).collect();
        for file in &waiting {
            let watched = self.arm(file);
            self.files.insert(file.clone(), watched);
        }
        self.release();
        waiting
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Waits until this file is told of; what is watched then.
    fn watched_when_told(watch: &mut Watch, file: &Path) -> Vec<PathBuf> {
        loop {
            match watch.wait() {
                Touched::These(told) if told.iter().any(|path| path == file) => break,
                Touched::These(told) => assert!(!told.is_empty(), "{} is told of by nobody", file.display()),
                Touched::Any => panic!("nothing can be lost here"),
            }
        }
        let mut folders: Vec<_> = watch.folders.values().cloned().collect();
        folders.sort();
        folders
    }

    #[test]
    fn a_file_is_told_of_when_its_folders_come_and_no_other_folder_is_watched_then() {
        let home = tempfile::tempdir().expect("a folder");
        let path = |name: &str| home.path().join(name);
        let (deep, shallow) = (path("a/b/c/d/deep.jsonl"), path("a/shallow.jsonl"));
        let (mut watch, alarm) = Watch::new().expect("a watch");
        // Without a notice the test ends all the same, and fails.
        std::thread::spawn(move || {
            std::thread::sleep(Duration::from_secs(20));
            alarm.ring();
        });
        watch.follow(&deep);
        watch.follow(&shallow);
        assert_eq!(watch.folders.values().collect::<Vec<_>>(), [home.path()]);
        std::fs::create_dir_all(path("a/b")).expect("made");
        assert_eq!(watched_when_told(&mut watch, &shallow), [path("a"), path("a/b")]);
        std::fs::create_dir_all(path("a/b/c/d")).expect("made");
        std::fs::write(&deep, "{}").expect("written");
        assert_eq!(watched_when_told(&mut watch, &deep), [path("a"), path("a/b/c/d")]);
        watch.forget(&shallow);
        assert_eq!(watch.folders.values().collect::<Vec<_>>(), [&path("a/b/c/d")]);
        watch.forget(&deep);
        assert!(watch.folders.is_empty());
    }
}
