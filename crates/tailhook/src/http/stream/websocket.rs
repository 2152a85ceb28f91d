//! The WebSocket.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{Response, StatusCode};
use serde_json::json;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::super::error::Failure;
use super::super::socket::{CloseCode, Closed, Handshake, Incoming, Outgoing, Refused, Said};
use super::super::{Names, Peer, Shared};
use super::feed::{Feed, HEARTBEAT, Item};
use super::{Wants, hello, system};
use crate::live::{Form, Framed, Shape, Whole, join};

/// Subprotocols, best first.
const PROTOCOLS: [&str; 2] = [MESSAGE_PACK, "tailhook.v1.json"];
const MESSAGE_PACK: &str = "tailhook.v1.msgpack";

/// `GET /api/v1/stream`
pub(crate) async fn websocket(State(shared): State<Arc<Shared>>, request: Request) -> Result<Response<Body>, Failure> {
    let wants = Wants::from_query(request.uri())?;
    open(shared, wants, request, &PROTOCOLS)
}

/// `GET /` with an upgrade: the historic protocol, for this machine alone, where the settings ask for it.
pub(crate) fn legacy(shared: Arc<Shared>, request: Request) -> Result<Response<Body>, Failure> {
    let Some(legacy) = shared.legacy.clone() else {
        return Err(Failure::new(
            StatusCode::NOT_FOUND,
            "the stream is not here",
            "connect to /api/v1/stream, with the token; `tailhook serve --legacy-ws` opens this one without",
        ));
    };
    let peer = request.extensions().get::<ConnectInfo<Peer>>();
    let local = peer.is_some_and(|ConnectInfo(peer)| peer.is_local());
    if !local || !Names::are_asked_at_home(request.headers(), request.uri()) {
        return Err(Failure::new(
            StatusCode::FORBIDDEN,
            "this one is for programs and pages on the daemon's machine",
            "connect to /api/v1/stream, with the token",
        ));
    }
    let wants = Wants { legacy: Some(legacy), sessions: false, ..Wants::from_query(request.uri())? };
    open(shared, wants, request, &[])
}

fn open(
    shared: Arc<Shared>,
    mut wants: Wants,
    mut request: Request,
    protocols: &[&'static str],
) -> Result<Response<Body>, Failure> {
    let handshake = Handshake::new(&mut request, protocols)
        .map_err(|Refused(why)| Failure::bad_request(why, "connect with a WebSocket client"))?;
    wants.shape = match handshake.protocol() {
        None => Shape::Single,
        Some(MESSAGE_PACK) => Shape::Batches(Form::MessagePack),
        Some(_) => Shape::Batches(Form::Json),
    };
    Ok(handshake.accept(move |incoming, outgoing| async move {
        let connection = Connection { outgoing, gathered: Vec::new(), feed: Feed::new(shared, wants) };
        // Closed is the one way it ends; there is nobody left to tell.
        let _ = connection.run(incoming).await;
    }))
}

/// One client.
pub(super) struct Connection {
    outgoing: Outgoing,
    /// Envelopes for the next message of a client that gets arrays.
    gathered: Vec<Framed>,
    pub(super) feed: Feed,
}

impl Connection {
    /// Until one side ends it. A client that takes nothing keeps nobody waiting then.
    async fn run(mut self, incoming: Incoming) -> Result<(), Closed> {
        let mut over = self.feed.over.clone();
        tokio::select! {
            result = self.talk(incoming) => result,
            () = over.happens() => self.outgoing.end(CloseCode::Away).await,
        }
    }

    /// Can be dropped at any time: what was begun to be sent goes on where it was.
    async fn talk(&mut self, mut incoming: Incoming) -> Result<(), Closed> {
        let mut items = Vec::new();
        self.push(hello(self.feed.wants.shape.form(), self.feed.shared.measure.seq()));
        self.flush().await?;
        if self.feed.wants.since.is_some() {
            self.replay(&mut items).await?;
        }
        let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                more = self.feed.receive(&mut items) => if !more { return Ok(()) },
                said = incoming.next() => match said {
                    Said::Text(text) => self.answer(&text).await,
                    Said::Binary => self.complain("binary messages are not understood here"),
                    Said::Ping(payload) => self.outgoing.pong(&payload),
                    Said::Pong => {}
                    Said::Close(code) => return self.outgoing.close(code).await,
                    Said::Broken(code) => return self.outgoing.end(code).await,
                    Said::Gone => return Err(Closed),
                },
                _ = heartbeat.tick() => {
                    let heartbeat = self.feed.heartbeat();
                    self.push(heartbeat);
                }
            }
            self.send(&mut items).await?;
        }
    }

    async fn replay(&mut self, items: &mut Vec<Item>) -> Result<(), Closed> {
        loop {
            let Ok(more) = self.feed.replay(items).await else {
                self.complain("the store cannot be read now; connect again later");
                self.join_gathered();
                // What was asked for cannot be given: going on would leave a hole.
                return self.outgoing.end(CloseCode::Normal).await.and(Err(Closed));
            };
            self.send(items).await?;
            if !more {
                return Ok(());
            }
        }
    }

    async fn send(&mut self, items: &mut Vec<Item>) -> Result<(), Closed> {
        for item in items.drain(..) {
            match item {
                Item::One { message, .. } => self.push(message),
                Item::Whole(batch) => {
                    self.join_gathered();
                    let wants = &self.feed.wants;
                    let whole = || batch.whole(wants.shape, wants.payload, wants.sessions);
                    match wants.shape {
                        // What others get is of no use here: each message is compressed for this client.
                        Shape::Single if self.outgoing.is_compressed() => {
                            let form = wants.shape.form();
                            let events = batch.events().map(|event| event.encoded(form, wants.payload));
                            let sessions = batch.sessions.iter().filter(|_| wants.sessions);
                            events
                                .chain(sessions.map(|session| session.encoded(form)))
                                .for_each(|message| self.outgoing.push(message));
                        }
                        _ => match whole() {
                            Whole::Frames(frames) => self.outgoing.push_frames(frames.clone()),
                            Whole::Frame(frame) => self.outgoing.push(frame),
                        },
                    }
                }
            }
        }
        self.flush().await
    }

    /// Adds one envelope.
    pub(super) fn push(&mut self, message: Framed) {
        match self.feed.wants.shape {
            Shape::Single => self.outgoing.push(&message),
            Shape::Batches(_) => self.gathered.push(message),
        }
    }

    fn join_gathered(&mut self) {
        if !self.gathered.is_empty() {
            self.outgoing.push(&join(self.feed.wants.shape.form(), self.gathered.iter()));
            self.gathered.clear();
        }
    }

    async fn flush(&mut self) -> Result<(), Closed> {
        self.join_gathered();
        self.outgoing.flush().await
    }

    pub(super) fn complain(&mut self, error: &str) {
        self.push(system(self.feed.wants.shape.form(), "error", json!({ "error": error })));
    }
}
