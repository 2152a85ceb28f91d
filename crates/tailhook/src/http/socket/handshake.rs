//! From a request to a WebSocket.

use std::future::Future;

use axum::body::Body;
use axum::extract::Request;
use axum::http::{self, HeaderValue, Response, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::deflate::{Deflater, Inflater, Permit};
use super::extension::Agreed;
use super::incoming::Incoming;
use super::outgoing::Outgoing;
use crate::live::attended;

/// A request that will become a WebSocket.
pub(in crate::http) struct Handshake {
    answer: Response<()>,
    upgrade: OnUpgrade,
    agreed: Option<(Agreed, Permit)>,
    protocol: Option<&'static str>,
}

/// The request is no proper handshake, and why.
#[derive(Debug)]
pub(in crate::http) struct Refused(pub(in crate::http) String);

impl Handshake {
    /// Checks the request. `protocols`: the subprotocols that we speak, best first.
    pub(in crate::http) fn new(request: &mut Request, protocols: &[&'static str]) -> Result<Self, Refused> {
        let mut head = http::Request::new(());
        *head.method_mut() = request.method().clone();
        *head.version_mut() = request.version();
        *head.headers_mut() = request.headers().clone();
        let mut answer = tungstenite::handshake::server::create_response(&head)
            .map_err(|error| Refused(format!("this is not a WebSocket handshake: {error}")))?;
        let upgrade = request.extensions_mut().remove::<OnUpgrade>();
        let upgrade = upgrade.ok_or_else(|| Refused("this connection cannot become a WebSocket".into()))?;
        let headers = answer.headers_mut();
        let protocol = protocol(request.headers(), protocols);
        if let Some(protocol) = protocol {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(protocol));
        }
        let agreed = Agreed::from_offers(request.headers()).and_then(|agreed| Some((agreed, Permit::take()?)));
        if let Some(value) = agreed.as_ref().and_then(|(agreed, _)| HeaderValue::from_str(&agreed.header()).ok()) {
            headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, value);
        }
        Ok(Self { answer, upgrade, agreed, protocol })
    }

    /// The subprotocol that was chosen.
    pub(in crate::http) fn protocol(&self) -> Option<&'static str> {
        self.protocol
    }

    /// Gives the answer; runs `serve` on both directions once the answer is sent.
    pub(in crate::http) fn accept<F>(
        self,
        serve: impl FnOnce(Incoming, Outgoing) -> F + Send + 'static,
    ) -> Response<Body>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let Self { answer, upgrade, agreed, .. } = self;
        tokio::spawn(async move {
            // The client has gone before it was answered.
            let Ok(upgraded) = upgrade.await else { return };
            let (reader, writer) = tokio::io::split(TokioIo::new(upgraded));
            let inflater = agreed.as_ref().map(|(agreed, _)| Inflater::new(*agreed));
            let deflater = agreed.map(|(agreed, permit)| Deflater::new(agreed, permit));
            attended(serve(Incoming::new(reader, inflater), Outgoing::new(writer, deflater))).await;
        });
        answer.map(|()| Body::empty())
    }
}

fn protocol(headers: &http::HeaderMap, ours: &[&'static str]) -> Option<&'static str> {
    let theirs = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|value| value.to_str().ok());
    let theirs: Vec<&str> = theirs.flat_map(|value| value.split(',')).map(str::trim).collect();
    ours.iter().copied().find(|ours| theirs.contains(ours))
}
