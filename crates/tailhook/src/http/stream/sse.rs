//! The same as server-sent events: for clients that speak HTTP alone. `id` is the event's seq, so a browser that
//! connects again goes on where it was.

use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use super::super::Shared;
use super::super::error::Failure;
use super::feed::{Feed, HEARTBEAT, Item};
use super::{Wants, hello, parse_since};
use crate::live::{Form, Framed};

/// Messages that may wait for the client's connection; the feed behind them is bounded by the ring.
const WAITING: usize = 64;

/// `GET /api/v1/stream/sse`
pub(crate) async fn sse(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Result<Response, Failure> {
    let mut wants = Wants::from_query(&uri)?;
    if let Some(last) = headers.get("last-event-id").and_then(|value| value.to_str().ok()) {
        wants.since = Some(parse_since(last)?);
    }
    let (sender, mut receiver) = mpsc::channel::<Result<Event, Infallible>>(WAITING);
    tokio::spawn(async move {
        let feed = Feed::new(shared, wants);
        let mut over = feed.over.clone();
        tokio::select! {
            // An error says that the client has gone.
            _ = run(feed, &sender) => {}
            () = over.happens() => {}
        }
    });
    let events = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
    Ok(Sse::new(events).into_response())
}

type Gone = mpsc::error::SendError<Result<Event, Infallible>>;

async fn run(mut feed: Feed, sender: &mpsc::Sender<Result<Event, Infallible>>) -> Result<(), Gone> {
    sender.send(Ok(event(None, hello(Form::Json, feed.shared.measure.seq()).message()))).await?;
    let mut items: Vec<Item> = Vec::new();
    if feed.wants.since.is_some() {
        loop {
            // The store cannot be read: the client connects again from where it is.
            let Ok(more) = feed.replay(&mut items).await else { return Ok(()) };
            send(&feed, &mut items, sender).await?;
            if !more {
                break;
            }
        }
    }
    let mut heartbeat = interval_at(Instant::now() + HEARTBEAT, HEARTBEAT);
    heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            more = feed.receive(&mut items) => if !more { return Ok(()) },
            _ = heartbeat.tick() => items.push(Item::own(feed.heartbeat())),
            () = sender.closed() => return Ok(()),
        }
        send(&feed, &mut items, sender).await?;
    }
}

async fn send(
    feed: &Feed,
    items: &mut Vec<Item>,
    sender: &mpsc::Sender<Result<Event, Infallible>>,
) -> Result<(), Gone> {
    // A client that stands still holds on to its messages, not to all that was stored with them.
    let messages: Vec<_> = items.drain(..).flat_map(|item| messages(feed, item)).collect();
    for (seq, message) in messages {
        sender.send(Ok(event(seq, message.message()))).await?;
    }
    Ok(())
}

/// What this client gets, each message with the number of its event.
fn messages(feed: &Feed, item: Item) -> Vec<(Option<u64>, Framed)> {
    let batch = match item {
        Item::One { seq, message } => return vec![(seq, message)],
        Item::Whole(batch) => batch,
    };
    let events = batch
        .events()
        .map(|event| (Some(event.stored().envelope.seq), event.encoded(Form::Json, feed.wants.payload).clone()));
    let sessions = batch.sessions.iter().filter(|_| feed.wants.sessions);
    events.chain(sessions.map(|session| (None, session.encoded(Form::Json).clone()))).collect()
}

fn event(seq: Option<u64>, json: &[u8]) -> Event {
    // A line end can stand between the tokens of an agent's JSON, where any white space means the same; it would end
    // the field here.
    let event = Event::default().data(String::from_utf8_lossy(json).replace(['\r', '\n'], " "));
    match seq {
        Some(seq) => event.id(seq.to_string()),
        None => event,
    }
}
