//! How a browser gets its cookie.
//!
//! `tailhook open` asks for a login that works once, within a minute, and opens `/login?token=…` with it: what stays
//! in the browser's history is worth nothing.
//!
//! Until then it stands on the browser's command line, which every user of the machine can read. So it works only for
//! the daemon's own, as far as the kernel tells whose connection it came by. A private file that leads on to the address
//! would hide it as well, but browsers in a box of their own, Ubuntu's among them, may not read it and show an error.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use schemars::JsonSchema;
use serde::Serialize;

use super::error::Failure;
use super::guard::{Token, cookie_name};
use super::query::query_value;
use super::{Peer, Shared, neighbour};

const LOGIN_LIFETIME: Duration = Duration::from_mins(1);
/// Logins that wait to be used, at most; the oldest goes first.
const LOGINS: usize = 16;

/// Logins that work once.
#[derive(Default)]
pub(crate) struct Logins(Mutex<Vec<(Instant, Token)>>);

impl Logins {
    fn issue(&self) -> std::io::Result<Token> {
        let token = Token::random()?;
        let mut waiting = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if waiting.len() >= LOGINS {
            waiting.remove(0);
        }
        waiting.push((Instant::now(), token.clone()));
        Ok(token)
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clear();
    }

    fn waits(&self, token: &str) -> bool {
        let waiting = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waiting.iter().any(|(_, waiting)| waiting.is(token))
    }

    fn redeem(&self, token: &str) -> bool {
        let mut waiting = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        waiting.retain(|(issued, _)| issued.elapsed() < LOGIN_LIFETIME);
        let found = waiting.iter().position(|(_, waiting)| waiting.is(token));
        found.map(|at| waiting.remove(at)).is_some()
    }
}

/// Where to log in.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct LoginPath {
    /// Works once, within a minute. `&to=/?session=S` behind it leads on to a session.
    path: String,
}

/// `POST /api/v1/login`: a path that logs a browser in, once.
pub(super) async fn one_time(State(shared): State<Arc<Shared>>) -> Result<Json<LoginPath>, Failure> {
    let token = shared.logins.issue().map_err(Failure::internal)?;
    Ok(Json(LoginPath { path: format!("/login?token={}", token.reveal()) }))
}

/// The token is another one.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Rotated {
    /// Always true; the new one is in the token's file.
    rotated: bool,
}

/// `POST /api/v1/token/rotate`: a new token. The old one, its cookies, its logins and its streams end here.
pub(super) async fn rotate(State(shared): State<Arc<Shared>>) -> Result<Json<Rotated>, Failure> {
    let token = Token::rotate(&shared.home.token_file()).map_err(|error| {
        Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("could not write the token: {error}"),
            "df -h; the old token still works",
        )
    })?;
    shared.logins.forget();
    shared.token.send_replace(token);
    Ok(Json(Rotated { rotated: true }))
}

/// `GET /login?token=T[&to=/?session=S]`: sets the cookie and goes on to the page.
pub(super) async fn login(
    State(shared): State<Arc<Shared>>,
    peer: Option<Extension<ConnectInfo<Peer>>>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let Some(token) = query_value(&uri, "token") else {
        return Failure::bad_request("the address has no token", "run `tailhook open`").into_response();
    };
    let is_token = shared.token.borrow().is(&token);
    if !is_token {
        if shared.logins.waits(&token) && came_from_somebody_else(peer, shared.names.port).await {
            return super::page::logged_out(StatusCode::UNAUTHORIZED, "This login is another user's.");
        }
        if !shared.logins.redeem(&token) {
            return super::page::logged_out(StatusCode::UNAUTHORIZED, "This login has been used or is too old.");
        }
    }
    // Only a path of our own: an address that sends people elsewhere after the login helps nobody but a thief.
    let to = query_value(&uri, "to").filter(|to| to.starts_with("/?")).unwrap_or_else(|| "/".into());
    let name = cookie_name(shared.names.port);
    let secure = if shared.names.came_by_tls(&headers, &uri) { "; Secure" } else { "" };
    let token = shared.token.borrow().clone();
    let cookie = format!("{name}={}; Path=/; HttpOnly; SameSite=Strict{secure}; Max-Age=31536000", token.reveal());
    // Not a redirect: SameSite=Strict keeps the cookie back on one that began outside the site.
    let page = super::page::go_on(&to);
    ([(header::SET_COOKIE, cookie)], page).into_response()
}

async fn came_from_somebody_else(peer: Option<Extension<ConnectInfo<Peer>>>, port: u16) -> bool {
    let Some(Extension(ConnectInfo(peer))) = peer else { return false };
    // The list is as long as the machine has connections.
    let look = tokio::task::spawn_blocking(move || neighbour::is_somebody_else(peer.address(), port));
    look.await.unwrap_or(true)
}
