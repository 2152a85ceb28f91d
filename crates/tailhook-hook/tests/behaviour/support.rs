//! A home for one test, the hook run in it, and what it left there.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tailhook_journal::Flags;
use tailhook_journal::frame::Stages;
use tailhook_journal::scan::{Item, Scan};
use tempfile::TempDir;

pub const KIB: usize = 1 << 10;
pub const MIB: usize = 1 << 20;
/// `nobody`: somebody else, for tests that run as root.
pub const OTHER_UID: u32 = 65_534;

/// The std twin that cargo built for this test, and the program that `TAILHOOK_HOOK_UNDER_TEST` names: the bare hook of
/// a release build, which cargo's tests cannot link.
pub fn hooks() -> Vec<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test has no config/")]
    let other = std::env::var_os("TAILHOOK_HOOK_UNDER_TEST").filter(|path| !path.is_empty());
    std::iter::once(PathBuf::from(env!("CARGO_BIN_EXE_tailhook-hook"))).chain(other.map(PathBuf::from)).collect()
}

/// Runs the test for each program, in a fresh home.
pub fn for_each(test: impl Fn(&Path, &Home)) {
    for hook in hooks() {
        println!("{}", hook.display());
        test(&hook, &Home::new());
    }
}

/// The same with both folders made.
pub fn for_each_with_folders(test: impl Fn(&Path, &Home)) {
    for hook in hooks() {
        println!("{}", hook.display());
        test(&hook, &Home::with_folders());
    }
}

/// A `TAILHOOK_HOME` on tmpfs that goes with the test.
pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Self {
        let tmpfs = Path::new("/dev/shm");
        let root = if tmpfs.is_dir() { tmpfs.to_owned() } else { std::env::temp_dir() };
        let folder = tempfile::Builder::new().prefix("tailhook-test-").tempdir_in(root).expect("make a home");
        Self { folder }
    }

    /// With both folders made, so that a test can spoil them.
    pub fn with_folders() -> Self {
        let home = Self::new();
        for folder in [home.journal(), home.spool()] {
            make_private(&folder);
        }
        home
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn journal(&self) -> PathBuf {
        self.path().join("journal")
    }

    pub fn spool(&self) -> PathBuf {
        self.path().join("spool")
    }

    /// Frames of the journal's active segment.
    pub fn in_journal(&self) -> Segment {
        read_segment(&self.journal().join("active"), self.path())
    }

    /// Frames of the spool's active segment.
    pub fn in_spool(&self) -> Segment {
        read_segment(&self.spool().join("active"), self.path())
    }

    /// Puts a spare file into the journal, with bytes that show wherever they do not belong; a daemon leaves zeros.
    pub fn plant_spare(&self, bytes: usize) -> PathBuf {
        let spare = self.journal().join("spare");
        std::fs::write(&spare, vec![0xAA; bytes]).expect("plant a file");
        spare
    }

    /// The count of dropped events, in both folders.
    pub fn dropped(&self) -> u64 {
        [self.journal(), self.spool()].iter().map(|folder| size(&folder.join("dropped"))).sum()
    }
}

/// Makes a folder as the hook would.
pub fn make_private(folder: &Path) {
    std::fs::create_dir(folder).expect("make a folder");
    set_mode(folder, 0o700);
}

pub fn set_mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).expect("set the mode");
}

/// Gives a file to another user; false where this user may not.
pub fn give_away(path: &Path) -> bool {
    chown(path, Some(OTHER_UID), Some(OTHER_UID)).is_ok()
}

/// A file's size, 0 if there is none.
pub fn size(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |metadata| metadata.len())
}

/// Makes a sparse file.
pub fn make_sparse(path: &Path, bytes: u64) {
    std::fs::File::create(path).and_then(|file| file.set_len(bytes)).expect("make a sparse file");
    // As a hook makes its files.
    set_mode(path, 0o600);
}

/// Whether the test runs as root; says so if it is skipped for that.
pub fn is_root(needed_for: &str) -> bool {
    let root = std::fs::metadata("/proc/self").is_ok_and(|me| me.uid() == 0);
    if !root {
        println!("skipped: only root can {needed_for}");
    }
    root
}

/// A hook to be run: its arguments, environment and input.
pub struct Hook {
    pub command: Command,
}

/// What a run of the hook showed.
#[derive(Debug)]
pub struct Outcome {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub took: Duration,
}

impl Outcome {
    /// What the hook promises whatever happens: exit code 0 and a silent standard error.
    #[track_caller]
    pub fn assert_good(&self) {
        assert_eq!(self.status.code(), Some(0), "ended with {:?}, signal {:?}", self.status, self.status.signal());
        assert_eq!(String::from_utf8_lossy(&self.stderr), "", "standard error");
    }

    /// The same, with nothing to say to the agent.
    #[track_caller]
    pub fn assert_silent(&self) {
        self.assert_good();
        assert_eq!(String::from_utf8_lossy(&self.stdout), "", "standard output");
    }
}

impl Hook {
    /// The program with an environment that holds nothing.
    pub fn new(program: &Path) -> Self {
        let mut command = Command::new(program);
        command.env_clear().stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::piped());
        Self { command }
    }

    /// The usual case.
    pub fn at(program: &Path, home: &Home) -> Self {
        Self::new(program).env("TAILHOOK_HOME", home.path())
    }

    /// Through a shell, which can close what Rust's `Command` always opens.
    pub fn with_redirection(program: &Path, home: &Home, redirection: &str) -> Self {
        let mut hook = Self::at(Path::new("/bin/sh"), home);
        hook.command.arg("-c").arg(format!("exec \"$0\" \"$@\" {redirection}")).arg(program);
        hook
    }

    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn stdin(mut self, input: impl Into<Stdio>) -> Self {
        self.command.stdin(input);
        self
    }

    pub fn stdout(mut self, output: impl Into<Stdio>) -> Self {
        self.command.stdout(output);
        self
    }

    pub fn by_user(mut self, uid: u32) -> Self {
        self.command.uid(uid).gid(uid);
        self
    }

    /// Runs it with a payload that ends.
    pub fn run(self, payload: &[u8]) -> Outcome {
        let (mut child, started) = self.spawn();
        if let Some(mut stdin) = child.stdin.take() {
            // A hook that ends early breaks the pipe; its outcome tells.
            let _ = stdin.write_all(payload);
        }
        finish(child, started)
    }

    pub fn spawn(mut self) -> (Child, Instant) {
        let started = Instant::now();
        (self.command.spawn().expect("start the hook"), started)
    }
}

/// Waits for the end, and reads what was said.
pub fn finish(mut child: Child, started: Instant) -> Outcome {
    let status = child.wait().expect("wait for the hook");
    let took = started.elapsed();
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    // Replies are a few bytes: they fit the pipe, so reading after the end loses nothing.
    if let Some(mut pipe) = child.stdout.take() {
        pipe.read_to_end(&mut stdout).expect("read stdout");
    }
    if let Some(mut pipe) = child.stderr.take() {
        pipe.read_to_end(&mut stderr).expect("read stderr");
    }
    Outcome { status, stdout, stderr, took }
}

/// One frame, with its payload wherever that lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub flags: Flags,
    pub pid: u32,
    pub ppid: u32,
    pub hook_ns: u32,
    pub stamp_ns: u64,
    pub total_bytes: u64,
    pub agent: Vec<u8>,
    pub event: Vec<u8>,
    pub payload: Vec<u8>,
    pub stages: Option<Stages>,
    /// The file that held the payload.
    pub spill: Option<PathBuf>,
}

impl Seen {
    pub fn is_truncated(&self) -> bool {
        self.flags.has(Flags::TRUNCATED)
    }
}

/// All that stands in a segment.
#[derive(Debug, Default)]
pub struct Segment {
    pub frames: Vec<Seen>,
    pub torn: usize,
}

impl Segment {
    /// The only frame.
    #[track_caller]
    pub fn one(mut self) -> Seen {
        assert_eq!((self.frames.len(), self.torn), (1, 0), "one whole frame and nothing else");
        self.frames.remove(0)
    }

    #[track_caller]
    pub fn assert_empty(&self) {
        assert_eq!((self.frames.len(), self.torn), (0, 0), "nothing may stand here");
    }
}

/// Reads a segment; none is an empty one.
pub fn read_segment(path: &Path, home: &Path) -> Segment {
    let bytes = std::fs::read(path).unwrap_or_default();
    let mut segment = Segment::default();
    for item in Scan::new(&bytes, true) {
        let Item::Frame(frame) = item else {
            segment.torn += 1;
            continue;
        };
        let mut payload = frame.payload.to_vec();
        let mut spill = None;
        if frame.flags.has(Flags::SPILLED) {
            let name = OsString::from(OsStr::from_bytes(frame.payload));
            let file = ["journal", "spool"].iter().map(|at| home.join(at).join("spill").join(&name));
            let file = file.into_iter().find(|file| file.is_file()).expect("a frame names a spill file");
            payload = std::fs::read(&file).expect("read the spill file");
            spill = Some(file);
        }
        segment.frames.push(Seen {
            flags: frame.flags,
            pid: frame.pid,
            ppid: frame.ppid,
            hook_ns: frame.hook_ns,
            stamp_ns: frame.stamp_ns,
            total_bytes: frame.total_bytes,
            agent: frame.agent.to_vec(),
            event: frame.event.to_vec(),
            payload,
            stages: frame.stages,
            spill,
        });
    }
    segment
}

/// Bytes that differ everywhere, so that a lost, doubled or swapped piece shows. All values occur.
pub fn payload(bytes: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut payload = vec![0; bytes];
    for place in payload.chunks_mut(8) {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        place.copy_from_slice(&(state >> 7).to_le_bytes()[..place.len()]);
    }
    payload
}

/// The journal was spoilt in one way; the event must be in the spool, whatever its size.
pub fn assert_spooled(hook: &Path, home: &Home, what: &str) {
    for bytes in [2, 200 * KIB] {
        let sent = payload(bytes, bytes as u64);
        Hook::at(hook, home).run(&sent).assert_silent();
        let seen = home.in_spool().frames.pop().unwrap_or_else(|| panic!("{what}: nothing in the spool"));
        assert!(seen.payload == sent, "{what}: {bytes} bytes");
        assert!(!seen.is_truncated(), "{what}: {bytes} bytes");
    }
    assert_eq!(home.in_spool().torn, 0, "{what}");
    assert_eq!(home.dropped(), 0, "{what}");
}

pub fn files_in(folder: &Path) -> usize {
    std::fs::read_dir(folder).map_or(0, Iterator::count)
}

/// Names in a folder, sorted.
pub fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("list").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<_> = entries.map(|name| name.to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
