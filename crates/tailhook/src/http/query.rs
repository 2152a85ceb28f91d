//! What stands behind the question mark.

use std::sync::Arc;

use axum::extract::{FromRequestParts, Path, Query};
use axum::http::Uri;
use axum::http::request::Parts;
use tailhook_core::Expression;

use super::error::Failure;
use crate::live::Filter;

/// The one part of the path that has no fixed text, decoded.
pub(super) struct Name(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Failure> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|_| {
            Failure::bad_request("the path is not UTF-8", "write each byte that is no letter or digit as %XX")
        })
    }
}

/// One value of the query, decoded; the first if the name stands there twice.
pub(super) fn query_value(uri: &Uri, name: &str) -> Option<String> {
    let query: Query<Vec<(String, String)>> = Query::try_from_uri(uri).ok()?;
    query.0.into_iter().find(|(found, _)| found == name).map(|(_, value)| value)
}

/// What `session`, `type`, `agent` and `q` ask for.
pub(super) fn filter(uri: &Uri) -> Result<Filter, Failure> {
    let value = |name| query_value(uri, name);
    let lists = Filter::new(value("session").as_deref(), value("type").as_deref(), value("agent").as_deref());
    let expression = value("q").map(|q| expression(&q)).transpose()?.unwrap_or_default();
    Ok(Filter { expression: Arc::new(expression), ..lists })
}

/// Reads a filter expression; a wrong one is told where it is wrong, in characters.
pub(super) fn expression(text: &str) -> Result<Expression, Failure> {
    Expression::parse(text).map_err(|error| {
        let position = text[..error.at].chars().count();
        Failure::bad_request(format!("q: {} (character {})", error.message, position + 1), error.hint).at(position)
    })
}
