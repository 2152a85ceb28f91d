//! The dashboard's files, and the few words that need no file.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::Shared;
use super::error::Failure;
use super::guard::is_legacy;
use super::stream;

/// The route is there, but not for this.
pub(super) async fn other_method() -> Response {
    Failure::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this method does not work here",
        "GET /api/v1/openapi.json tells which do",
    )
    .into_response()
}

/// Everything that is no other route: a file of the page, or the historic protocol in its place.
pub(super) async fn page(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if is_legacy(&request) {
        return stream::legacy(shared, request).into_response();
    }
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return other_method().await;
    }
    let path = request.uri().path().trim_start_matches('/');
    if path.starts_with("api/") {
        return Failure::not_found("route").into_response();
    }
    let wanted = if path.is_empty() { "index.html" } else { path };
    match tailhook_dashboard::file(wanted) {
        Some(file) => serve(&file, request.headers()),
        None if path.is_empty() => logged_out(StatusCode::OK, tailhook_dashboard::NOT_BUILT),
        None => Failure::not_found("file").into_response(),
    }
}

fn serve(file: &tailhook_dashboard::File, headers: &HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let etag = format!("\"{}\"", file.etag);
    // Vite names files by their content: those never change. The page that names them is asked for each time.
    let cache = if file.immutable { "max-age=31536000, immutable" } else { "no-cache" };
    if known == Some(etag.as_str()) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let kind = file.content_type.clone();
    let accepts_gzip = headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .any(|value| value.to_str().is_ok_and(|value| value.contains("gzip")));
    let common = [(header::CONTENT_TYPE, kind), (header::ETAG, etag), (header::CACHE_CONTROL, cache.to_owned())];
    match &file.gzip {
        Some(gzip) if accepts_gzip => {
            (common, [(header::CONTENT_ENCODING, "gzip"), (header::VARY, "accept-encoding")], gzip.clone())
                .into_response()
        }
        _ => (common, file.content.clone()).into_response(),
    }
}

/// A page without script for who is not logged in. `reason` is our own text.
pub(super) fn logged_out(status: StatusCode, reason: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=color-scheme content='light dark'>\
         <link rel=icon href=/icon.svg><title>tailhook</title><h1>tailhook</h1><p>{reason}</p><p>In a terminal, run <code>tailhook open</code>.</p>"
    );
    (status, Html(html)).into_response()
}

/// Leads on to a path of our own. `to` came with the address: it stands in an attribute, with what could end it escaped.
pub(super) fn go_on(to: &str) -> Response {
    let to = to.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;");
    let html = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=color-scheme content='light dark'>\
         <meta http-equiv=refresh content=\"0;url={to}\"><link rel=icon href=/icon.svg><title>tailhook</title><a href=\"{to}\">to the dashboard</a>"
    );
    Html(html).into_response()
}
