//! Who may ask: the Host, the Origin, the token.
//!
//! The daemon listens on loopback unless it was told otherwise, but every page in the user's browser can send requests there. A page of another
//! site is known by its Origin; one that made its own name point to this machine (DNS rebinding) by its Host. Both
//! are refused on every path, the WebSocket's upgrade included.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::Names;
use super::Shared;
use super::error::Failure;
use super::query::query_value;

/// Name of the login's cookie; the port keeps several daemons of one user apart.
pub(super) fn cookie_name(port: u16) -> String {
    format!("tailhook-{port}")
}

/// The secret that opens the API: 256 random bits as hexadecimal digits.
#[derive(Clone)]
pub(crate) struct Token(Arc<str>);

impl Token {
    /// Reads the token's file, or makes it with a new token.
    pub(crate) fn load_or_create(path: &Path) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) if text.trim().len() >= 32 => {
                // Older than us or copied from elsewhere: nobody else may read it from now on.
                fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
                Ok(Self(text.trim().into()))
            }
            Ok(_) => Self::rotate(path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::rotate(path),
            Err(error) => Err(error),
        }
    }

    /// Reads the token's file.
    pub(crate) fn load(path: &Path) -> io::Result<Self> {
        Ok(Self(fs::read_to_string(path)?.trim().into()))
    }

    /// Makes a new token and writes it.
    pub(crate) fn rotate(path: &Path) -> io::Result<Self> {
        let token = Self::random()?;
        let temporary = path.with_extension("new");
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        writeln!(file, "{}", token.0)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        Ok(token)
    }

    /// 256 random bits.
    pub(crate) fn random() -> io::Result<Self> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(io::Error::other)?;
        let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let text: String = digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect();
        Ok(Self(text.into()))
    }

    /// Takes equally long whatever differs.
    pub(crate) fn is(&self, other: &str) -> bool {
        self.0.as_bytes().ct_eq(other.as_bytes()).into()
    }

    /// To be sent or shown to the user whose token it is.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

/// Lets a request through or answers why not.
pub(super) async fn guard(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !shared.names.are_asked(headers, request.uri()) {
        return Failure::new(
            StatusCode::FORBIDDEN,
            "this Host is not the daemon's",
            "use http://127.0.0.1, or what --host names",
        )
        .into_response();
    }
    let from_a_file = shared.legacy.is_some() && is_legacy(&request) && Names::are_asked_from_a_file(headers);
    if !from_a_file && !shared.names.own_the_origin(headers, request.uri()) {
        return Failure::new(StatusCode::FORBIDDEN, "a page of another site may not ask", "use the dashboard")
            .into_response();
    }
    if needs_token(request.uri().path()) && !may_ask(&shared, request.method(), headers, request.uri()) {
        return Failure::new(
            StatusCode::UNAUTHORIZED,
            "the token is missing or wrong",
            "run `tailhook open` for the page; for programs: Authorization: Bearer $(tailhook token)",
        )
        .into_response();
    }
    next.run(request).await
}

/// Whether this asks for the historic protocol.
pub(super) fn is_legacy(request: &Request) -> bool {
    request.uri().path() == "/" && is_upgrade(request.method(), request.headers())
}

fn is_upgrade(method: &Method, headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE);
    method == Method::GET && upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// The page itself, its files, the login and the two public numbers need none; they hold no event.
fn needs_token(path: &str) -> bool {
    path.starts_with("/api/")
}

fn may_ask(shared: &Shared, method: &Method, headers: &HeaderMap, uri: &Uri) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(token) = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer ")) {
        return shared.token.borrow().is(token);
    }
    let name = cookie_name(shared.names.port);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut ours = cookies
        .flat_map(|cookies| cookies.split(';'))
        .filter_map(|cookie| cookie.trim().split_once('='))
        .filter(|(found, _)| *found == name);
    if ours.any(|(_, value)| shared.token.borrow().is(value)) {
        return true;
    }
    // A program that can set no header may name the token in the address of the stream; a browser may not: addresses
    // end up in histories.
    is_upgrade(method, headers)
        && text(header::ORIGIN).is_none()
        && query_value(uri, "token").is_some_and(|token| shared.token.borrow().is(&token))
}
