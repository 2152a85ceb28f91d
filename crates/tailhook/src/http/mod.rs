//! HTTP and the stream, on the loopback addresses and, with TLS, where the settings say.
//!
//! Every request passes [`guard`] first: the Host, the Origin and the token. Handlers never see one that should not be
//! there.

mod agents;
mod api;
mod error;
mod guard;
mod ingest;
mod kept;
mod login;
mod metrics;
mod names;
mod neighbour;
mod openapi;
mod page;
mod query;
mod routes;
mod sessions;
mod socket;
mod stream;
mod tls;
mod transcript;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use tailhook_core::transcript::price::PriceTable;
use tokio::sync::watch;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::config::Home;
use crate::live::Live;
use crate::measure::{Measure, Trouble};
use crate::store::{Comparison, Reader, Retention, StoreError};

pub(crate) use guard::Token;
pub(crate) use ingest::append_payload;
pub(crate) use login::Logins;
pub(crate) use names::{Beyond, Names};
pub(crate) use stream::Legacy;
pub(crate) use tls::{Listener, Peer, Tls, TlsError};

/// What handlers share.
pub(crate) struct Shared {
    pub(crate) home: Home,
    pub(crate) live: Arc<Live>,
    pub(crate) measure: Arc<Measure>,
    /// Whoever opened something with an older one hears of the change.
    pub(crate) token: watch::Sender<Token>,
    pub(crate) logins: Logins,
    pub(crate) names: Names,
    /// Idle connections to the store; a query takes one, or opens one.
    pub(crate) readers: Mutex<Vec<Reader>>,
    pub(crate) database: PathBuf,
    pub(crate) prices: PriceTable,
    /// How much the store keeps.
    pub(crate) retention: Retention,
    /// What the agents had done when somebody last asked.
    pub(crate) comparison: Mutex<Comparison>,
    /// The historic protocol, where it was asked for.
    pub(crate) legacy: Option<Legacy>,
    /// Turns true when the daemon ends: streams close then.
    pub(crate) stopping: watch::Receiver<bool>,
}

impl Shared {
    /// Runs a query on a thread where it may take its time.
    pub(crate) async fn read<T: Send + 'static>(
        self: &Arc<Self>,
        query: impl FnOnce(&Reader) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, error::Failure> {
        /// Connections that are kept for the next query.
        const KEPT: usize = 2;
        let shared = Arc::clone(self);
        let run = move || {
            shared.live.settled();
            let lock = || shared.readers.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let kept = lock().pop();
            let reader = match kept {
                Some(reader) => reader,
                None => Reader::open(&shared.database)?,
            };
            let answer = query(&reader)?;
            let mut readers = lock();
            if readers.len() < KEPT {
                readers.push(reader);
            }
            Ok(answer)
        };
        tokio::task::spawn_blocking(run)
            .await
            .map_err(error::Failure::internal)?
            .map_err(|error| self.unreadable(&error))
    }

    /// Why nothing can be read. The writer may know better than who finds no file.
    fn unreadable(&self, error: &StoreError) -> error::Failure {
        let known = if matches!(error, StoreError::Open { .. }) { self.measure.trouble() } else { None };
        match known {
            Some(Trouble { error, hint }) => error::Failure::new(StatusCode::SERVICE_UNAVAILABLE, error, hint),
            None => error::Failure::store(error),
        }
    }
}

/// The page runs its own script and style, talks to this daemon and to nobody else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// All routes.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    let fixed = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    routes::routes()
        .router()
        .method_not_allowed_fallback(page::other_method)
        .fallback(page::page)
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), guard::guard))
        .layer(fixed("content-security-policy", CONTENT_SECURITY_POLICY))
        .layer(fixed("x-content-type-options", "nosniff"))
        .layer(fixed("referrer-policy", "no-referrer"))
        .layer(fixed("x-frame-options", "DENY"))
        .layer(SetResponseHeaderLayer::if_not_present(header::CACHE_CONTROL, HeaderValue::from_static("no-store")))
        .with_state(shared)
}
