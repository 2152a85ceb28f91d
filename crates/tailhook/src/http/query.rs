//! What stands behind the question mark.

use std::sync::Arc;

use axum::extract::Query;
use axum::http::Uri;
use tailhook_core::Expression;

use super::error::Failure;
use crate::live::Filter;

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
