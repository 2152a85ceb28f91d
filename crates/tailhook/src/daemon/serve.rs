//! One daemon in the foreground, from its start to its end.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::listen::{self, listen};
use super::notify;
use super::presence::{self, Lock, Presence};
use super::reload::Reload;
use crate::config::{Home, Settings};
use crate::http::{self, Legacy, Listener, Logins, Peer, Shared, TlsError, Token};
use crate::ingest::{Folders, Ingest, IngestError, SharedRedaction, Transcripts, Waker};
use crate::live::Live;
use crate::measure::Measure;
use crate::store::{Reader, StoreError, Writer};
use crate::surroundings::Surroundings;
use crate::transcript::{Follower, Inbox, handover};

/// Why the daemon did not start, or ended early.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServeError {
    #[error("could not make {}: {cause}", path.display())]
    Folder { path: PathBuf, cause: io::Error },
    #[error("could not start: a daemon already runs on this home (pid {pid})")]
    AlreadyRunning { pid: i32 },
    #[error("could not start: another daemon reads the journal {}", path.display())]
    JournalTaken { path: PathBuf },
    #[error("could not lock {}: {cause}", path.display())]
    Lock { path: PathBuf, cause: io::Error },
    #[error("could not read the token {}: {cause}", path.display())]
    Token { path: PathBuf, cause: io::Error },
    #[error("could not listen on {host}: without TLS the network could read all")]
    PlainBeyond { host: String },
    #[error("could not find {host}: {cause}")]
    Host { host: String, cause: io::Error },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("could not listen on port {port}: {cause}")]
    Listen { port: u16, cause: io::Error },
    #[error("could not use what the service manager handed over: {0}")]
    HandedOver(io::Error),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Ingest(#[from] IngestError),
    #[error("could not serve: {0}")]
    Serve(io::Error),
}

/// Runs until a signal ends it. `ready` hears where it is once it listens; `supervised` says that
/// [`super::supervise`] has started it.
pub(crate) fn serve(settings: &Settings, supervised: bool, ready: impl FnOnce(&Presence)) -> Result<(), ServeError> {
    let home = &settings.home;
    presence::make_state_folder(home).map_err(|cause| ServeError::Folder { path: home.state().into(), cause })?;
    let path = home.daemon_file();
    let lock = Lock::take(&path).map_err(|cause| ServeError::Lock { path: path.clone(), cause })?;
    let Some(mut lock) = lock else {
        let pid = presence::find(home).map_or(0, |presence| presence.pid);
        return Err(ServeError::AlreadyRunning { pid });
    };
    lock.clear().map_err(|cause| ServeError::Lock { path: path.clone(), cause })?;
    let _ = many_files();
    let handed_over = listen::handed_over()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(4)
        .build()
        .map_err(ServeError::Serve)?;
    runtime.block_on(run(settings, supervised, handed_over, ready, &mut lock))
}

async fn run(
    settings: &Settings,
    supervised: bool,
    handed_over: Vec<std::net::TcpListener>,
    ready: impl FnOnce(&Presence),
    lock: &mut Lock,
) -> Result<(), ServeError> {
    let home = &settings.home;
    let token_file = home.token_file();
    let token = Token::load_or_create(&token_file).map_err(|cause| ServeError::Token { path: token_file, cause })?;
    let by_service = !handed_over.is_empty();
    let (listeners, names) = listen(handed_over, settings.port.value, &settings.listening).await?;
    let (port, beyond) = (names.port, names.beyond.as_ref().map(|beyond| beyond.url(names.port)));

    let writer = Writer::open(&home.database())?.with_prices(settings.prices()).with_retention(settings.retention());
    let live = Live::new();
    let measure = Arc::new(Measure::new(writer.last_seq(), settings.slow_hook()));
    let redaction = SharedRedaction::from(settings.redaction());
    let mut reload = Reload::new(settings, redaction.clone(), Arc::clone(&measure));
    let folders = Folders { journal: home.journal(), spool: home.spool(), torn: home.state().join("torn") };
    let (ingest, waker) = Ingest::open(&folders, writer, redaction.clone(), Arc::clone(&live), Arc::clone(&measure))?;
    let (ingest, follower) = follow_transcripts(settings, &redaction, ingest, &waker);
    let ingest = look_around(home, ingest, &waker, &measure);
    let _journal_lock = lock_journal(home)?;
    let (stop, stopping) = watch::channel(false);
    let shared = Arc::new(Shared {
        home: home.clone(),
        live,
        measure,
        token: watch::Sender::new(token),
        logins: Logins::default(),
        names,
        readers: Mutex::new(Vec::new()),
        database: home.database(),
        prices: settings.prices(),
        retention: settings.retention(),
        comparison: Mutex::default(),
        legacy: legacy(settings, port),
        stopping: stopping.clone(),
    });
    let ingest =
        std::thread::Builder::new().name("ingest".into()).spawn(move || ingest.run()).map_err(ServeError::Serve)?;

    let pid = rustix::process::getpid().as_raw_nonzero().get();
    let parent = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
    let presence = Presence {
        pid,
        supervisor: parent.filter(|_| supervised),
        service: by_service,
        port,
        url: format!("http://127.0.0.1:{port}/"),
        beyond,
        version: env!("CARGO_PKG_VERSION").into(),
    };
    lock.write(&presence).map_err(|cause| ServeError::Lock { path: home.daemon_file(), cause })?;
    // Before anybody can know that we are here: a signal from then on ends us well.
    let url = presence.url.clone();
    let told_to_end = told_to_end(move || {
        notify::reloading();
        reload.reload();
        notify::ready(&url);
    });
    let told_to_end = told_to_end.map_err(ServeError::Serve)?;
    if supervised {
        // So that what an earlier one said last is not the last word.
        tracing::info!("listens on {}, version {}, pid {pid}", presence.url, presence.version);
    }
    ready(&presence);
    notify::ready(&presence.url);

    let servers = serve_all(listeners, shared, stopping);
    // Most of the code that has run by now ran for the last time, and it is most of our memory.
    tailhook_journal::sys::forget_code();
    tokio::select! {
        () = told_to_end => {}
        () = notify::watchdog() => {}
    }
    notify::stopping();
    end(&stop, &waker, servers).await;
    // What was handed over by now is stored before the process ends.
    let _ = ingest.join();
    if let Some((inbox, thread)) = follower {
        inbox.stop();
        let _ = thread.join();
    }
    Ok(())
}

/// The historic protocol, if the settings ask for it.
fn legacy(settings: &Settings, port: u16) -> Option<Legacy> {
    settings.legacy_ws.value.then(|| {
        tracing::warn!(
            "legacy_ws ({}): ws://127.0.0.1:{port}/ shows every event without the token, to every program on this \
             machine and to every page that its browsers have open",
            settings.legacy_ws.source
        );
        Legacy::new(&settings.legacy_skip_prefix.value)
    })
}

/// Answers on all of them until `stopping` says so.
fn serve_all(
    listeners: Vec<Listener>,
    shared: Arc<Shared>,
    stopping: watch::Receiver<bool>,
) -> JoinSet<io::Result<()>> {
    let router = http::router(shared);
    let mut servers = JoinSet::new();
    for listener in listeners {
        let mut stopping = stopping.clone();
        let stopped = async move {
            let _ = stopping.wait_for(|stopping| *stopping).await;
        };
        let router = router.clone().into_make_service_with_connect_info::<Peer>();
        servers.spawn(async move { axum::serve(listener, router).with_graceful_shutdown(stopped).await });
    }
    // [`end`] waits until nobody has one.
    drop(stopping);
    servers
}

/// Each client is an open file, and many systems give a process 1,024 unless it asks for more.
fn many_files() -> rustix::io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const WANTED: u64 = 65_536;
    let maximum = getrlimit(Resource::Nofile).maximum;
    let current = maximum.map_or(WANTED, |maximum| maximum.min(WANTED));
    setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum })
}

/// Where to tell the follower of transcripts to end, and its thread.
type RunningFollower = (Arc<Inbox>, JoinHandle<()>);

/// Starts the follower of transcripts, unless the settings say no. Without it everything else works.
fn follow_transcripts(
    settings: &Settings,
    redaction: &SharedRedaction,
    ingest: Ingest,
    waker: &Waker,
) -> (Ingest, Option<RunningFollower>) {
    if !settings.transcripts.value {
        return (ingest, None);
    }
    let (handover, takeover) = handover();
    let start = || {
        let handover = handover.with_waker(waker.clone());
        let follower = Follower::new(handover, redaction.clone(), settings.home.database())?;
        let inbox = follower.inbox();
        Ok((inbox, std::thread::Builder::new().name("transcripts".into()).spawn(move || follower.run())?))
    };
    match start() {
        Ok((inbox, thread)) => {
            let ingest = ingest.with_transcripts(Transcripts::new(takeover, Arc::clone(&inbox)));
            (ingest, Some((inbox, thread)))
        }
        Err(error) => {
            let error: io::Error = error;
            tracing::error!("could not follow transcripts: {error}");
            (ingest, None)
        }
    }
}

/// Looks for what no event tells. Without it everything else works.
fn look_around(home: &Home, ingest: Ingest, waker: &Waker, measure: &Arc<Measure>) -> Ingest {
    let start = || {
        let reader = Reader::open(&home.database()).map_err(io::Error::other)?;
        Surroundings::start(home, &reader, waker.clone(), measure)
    };
    match start() {
        Ok(surroundings) => ingest.with_surroundings(surroundings),
        Err(error) => {
            tracing::error!("could not look for branches and processes: {error}");
            ingest
        }
    }
}

/// The journal goes by the user's id, the state folder by the environment: two daemons with different state folders would
/// take each other's events. `TAILHOOK_HOME` keeps both in one place, which is locked already.
fn lock_journal(home: &Home) -> Result<Option<Lock>, ServeError> {
    let Some(path) = home.journal_lock() else { return Ok(None) };
    match Lock::take(&path) {
        Ok(Some(lock)) => Ok(Some(lock)),
        Ok(None) => Err(ServeError::JournalTaken { path: home.journal() }),
        // Beside the journal anybody may have made a file of that name. That must not keep us from starting.
        Err(error) => {
            tracing::warn!("could not lock {}: {error}", path.display());
            Ok(None)
        }
    }
}

/// Listens for the signals from the call on, not only once it is awaited: what ends the daemon, and what makes it read its
/// settings again.
fn told_to_end(mut reload: impl FnMut()) -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(async move {
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                _ = hang_up.recv() => reload(),
            }
        }
    })
}

async fn end(stop: &watch::Sender<bool>, waker: &Waker, mut servers: JoinSet<io::Result<()>>) {
    let _ = stop.send(true);
    waker.stop();
    let all = async {
        while servers.join_next().await.is_some() {}
        // Streams are no longer the servers'. Each has a receiver until it has said goodbye.
        stop.closed().await;
    };
    // Clients that do not let go in this time are let go.
    let _ = tokio::time::timeout(std::time::Duration::from_millis(500), all).await;
}
