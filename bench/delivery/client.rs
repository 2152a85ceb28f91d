//! A subscriber: notes when each message came, and looks into them afterwards.

use std::net::{Ipv4Addr, TcpStream};
use std::thread::JoinHandle;

use anyhow::{Context, Result, anyhow};
use serde::Deserialize;
use tailhook_journal::sys;
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

use crate::daemon::Daemon;

/// What one message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// One envelope.
    Single,
    /// A JSON array of envelopes.
    Batches,
}

impl Form {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Single => "plain",
            Self::Batches => "tailhook.v1.json",
        }
    }
}

/// Reads in a thread of its own.
pub(crate) struct Client {
    thread: JoinHandle<Result<Vec<(u64, String)>>>,
    form: Form,
}

#[derive(Deserialize)]
struct Envelope {
    seq: Option<u64>,
}

impl Client {
    /// Connects, and reads until so many events came.
    pub(crate) fn start(daemon: &Daemon, form: Form, wanted: u64) -> Result<Self> {
        let mut socket = connect(daemon, form)?;
        // The first message says that the subscription stands.
        socket.read()?;
        let thread = std::thread::Builder::new().name("client".into()).spawn(move || {
            let mut messages = Vec::with_capacity(usize::try_from(wanted)?);
            let mut events = 0;
            while events < wanted {
                if let Message::Text(text) = socket.read()? {
                    let now_ns = sys::now_ns();
                    // Every event has this once, and nothing else has.
                    events += text.matches("\"hook.pre_tool_use\"").count() as u64;
                    messages.push((now_ns, text.as_str().to_owned()));
                }
            }
            Ok(messages)
        })?;
        Ok(Self { thread, form })
    }

    /// When each event came, nanoseconds, in the order of seq; checks that none is missing and none came twice.
    pub(crate) fn arrivals(self) -> Result<Vec<u64>> {
        let messages = self.thread.join().map_err(|_| anyhow!("the client panicked"))??;
        let mut arrivals = Vec::new();
        let mut last = None;
        for (now_ns, text) in messages {
            let envelopes: Vec<Envelope> = match self.form {
                Form::Single => vec![serde_json::from_str(&text)?],
                Form::Batches => serde_json::from_str(&text)?,
            };
            for seq in envelopes.into_iter().filter_map(|envelope| envelope.seq) {
                anyhow::ensure!(last.is_none_or(|last| seq == last + 1), "event {seq} came after {last:?}");
                last = Some(seq);
                arrivals.push(now_ns);
            }
        }
        Ok(arrivals)
    }
}

/// An open stream.
pub(crate) fn connect(daemon: &Daemon, form: Form) -> Result<WebSocket<TcpStream>> {
    connect_to(daemon, form, "")
}

/// The same with options.
pub(crate) fn connect_to(daemon: &Daemon, form: Form, query: &str) -> Result<WebSocket<TcpStream>> {
    let mut request = format!("ws://127.0.0.1:{}/api/v1/stream?{query}", daemon.port).into_client_request()?;
    request.headers_mut().insert("authorization", format!("Bearer {}", daemon.token).parse()?);
    if form == Form::Batches {
        request.headers_mut().insert("sec-websocket-protocol", form.name().parse()?);
    }
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, daemon.port))?;
    stream.set_nodelay(true)?;
    let (socket, _) = tungstenite::client(request, stream).ok().context("the daemon refused the stream")?;
    Ok(socket)
}
