//! `GET /api/v1/openapi.json`: what every route takes and answers, in OpenAPI 3.1.
//!
//! Nothing is said twice. A route and its description are added in one call ([`Routes`]), what it answers is read off
//! the handler's own type ([`Answers`]), and the schemas are derived from the types that are serialised.

mod answer;
mod document;
mod operation;
mod routes;
mod schema;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};

pub(super) use answer::{Accepted, Octets, PlainText};
pub(super) use operation::{Kind, Parameter, about};
pub(super) use routes::Routes;

/// `GET /api/v1/openapi.json`
pub(super) async fn openapi() -> Response {
    /// Made when it is first asked for.
    static DOCUMENT: LazyLock<String> = LazyLock::new(|| super::routes::routes().document().to_string());
    ([(header::CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}
